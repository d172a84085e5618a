//! Draft, active, deprecated, retired: what may follow what, and who is left behind.

use super::{Change, affected, is_published};
use crate::diagnostic::Diagnostic;
use crate::model::{Event, Status, Version};
use crate::rules::breaking as rule;

pub(super) fn check(change: &Change<'_>, out: &mut Vec<Diagnostic>) {
    for (event, before) in change.old.versions().filter(|(_, version)| version.status != Status::Draft) {
        let id = before.id(event);
        let Some((_, after)) = change.new.version(&id) else {
            if before.status == Status::Retired {
                continue;
            }
            out.push(
                Diagnostic::new(
                    &rule::event_removed::META,
                    change.before(before.place.name),
                    format!("`{id}` was published and is gone"),
                )
                .why(affected::by_version(change.old, &id))
                .help("deprecate it with a sunset, then retire it; the schema stays for old documents"),
            );
            continue;
        };
        moved(change, event, before, after, out);
    }
    for (event, version) in change.new.versions().filter(|(_, version)| version.status == Status::Retired) {
        let id = version.id(event);
        for service in change.new.services.values() {
            // A pattern without a number leaves retired versions out.
            let named = service.consumes.iter().filter(|selection| selection.versions.contains(&id));
            for selection in named {
                let team = affected::team_of(service, change.new);
                let team = team.map_or_else(String::new, |team| format!(" of team {team}"));
                out.push(
                    Diagnostic::new(
                        &rule::retired_with_consumers::META,
                        selection.span,
                        format!("service `{}`{team} consumes `{id}`, which is retired", service.name),
                    )
                    .related(version.place.name, "retired here")
                    .why("it waits for events that nobody publishes any more")
                    .help("move the service to a newer version first"),
                );
            }
        }
    }
}

fn moved(change: &Change<'_>, event: &Event, before: &Version, after: &Version, out: &mut Vec<Diagnostic>) {
    let id = before.id(event);
    let place = change.before(before.place.name);
    let finding = |meta, message: String| {
        Diagnostic::new(meta, after.place.name, message)
            .related(place, "before")
            .why(affected::by_version(change.old, &id))
    };
    if is_published(before) && after.status == Status::Draft {
        let message = format!("`{id}` was published and is a draft again");
        out.push(
            finding(&rule::published_again_as_draft::META, message)
                .help("leave it published, and begin a new version as a draft"),
        );
    }
    if is_published(before) && after.status == Status::Retired {
        let sunset = after.sunset.or(before.sunset);
        if before.status == Status::Active {
            let message = format!("`{id}` is retired without having been deprecated");
            out.push(
                finding(&rule::retired_too_early::META, message).help("set `status: deprecated` and a `sunset` first"),
            );
        } else if let Some(sunset) = sunset.filter(|sunset| *sunset > change.today) {
            let message = format!("`{id}` is retired before its sunset on {sunset}");
            out.push(finding(&rule::retired_too_early::META, message).help("retire it when the day has passed"));
        }
    }
    if is_published(before) && is_published(after) && before.stream != after.stream {
        let message = format!("`{id}` moves from stream `{}` to `{}`", before.stream, after.stream);
        out.push(
            finding(&rule::stream_changed::META, message)
                .help("publish a new version on the new stream, beside this one until its sunset"),
        );
    }
}

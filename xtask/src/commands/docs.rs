//! `docs`: the documentation site.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Instant;

use tidings_generator::emit::Templates;
use tidings_generator::pipeline;

use super::can_i_deploy;
use super::contract::REPORTS;
use crate::output::{self, count, seconds};
use crate::serve::{Built, Server, Watched};
use crate::site::{self, Memory, Sources};
use crate::workspace::{CATALOGUE, Workspace};
use crate::{Ending, baseline, commands};

/// Where the site goes, unless `--out` names another folder.
const OUT: &str = "target/site";

/// Make the documentation site
///
/// A page for the catalogue and each context, event, service, stream, flow and team, any two versions of an event side by
/// side, what contract tests have shown and what needs somebody; with pictures of who sends what to whom, a search, a feed of changes, and everything as Markdown, JSON Schemas and AsyncAPI for machines. The files need no
/// server and fetch nothing: open `index.html`, or publish the folder under any path.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Root file of the catalogue
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,
    /// Folder of the site; what another run wrote there is replaced
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Folder with the reports of `contract`, whose newest is among the pages
    #[arg(long, value_name = "DIR")]
    reports: Option<PathBuf>,
    /// Open it in the browser
    #[arg(long)]
    open: bool,
    /// Serve it until Ctrl-C, make it again when what it is made of changes, and reload the pages that are open
    ///
    /// Where the catalogue has errors, the site stays as it was and the pages say so. The address is `127.0.0.1:4000` unless
    /// another is named; port 0 is any that is free.
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1:4000")]
    serve: Option<String>,
    /// Folder with templates of your own: a file replaces the template of the same path, such as `site/style.css`
    #[arg(long, value_name = "DIR")]
    templates: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, workspace: &Workspace) -> anyhow::Result<Ending> {
    let begin = |address| Server::begin(address, &watched(args, workspace));
    let server = args.serve.as_deref().map(begin).transpose()?;
    let started = Instant::now();
    let mut memory = if server.is_some() { Memory::of_process() } else { Memory::default() };
    let built = build(args, workspace, &mut memory)?;
    let index = workspace.path(args.out.as_deref(), OUT).join("index.html");
    if let Built::Site(files) = &built {
        let pages = files.iter().filter(|file| site::is_page(&file.path)).count();
        let (pages, time) = (count(pages, "page"), seconds(started.elapsed()));
        output::result(&format!("{}: {pages}, {time}\n", index.display()));
    }
    if let Some(server) = server {
        let url = server.url();
        output::result(&format!("served under {url} until Ctrl-C\n"));
        if args.open {
            // A browser may take as long as it is open.
            thread::spawn(move || open(url.as_ref()).unwrap_or_else(|error| output::error(&error.to_string())));
        }
        server.run(built, || build(args, workspace, &mut memory))?;
    } else if matches!(built, Built::Faulty(_)) {
        return Ok(Ending::Findings);
    } else if args.open {
        open(index.as_ref())?;
    }
    Ok(Ending::Clean)
}

/// Makes the site and writes it, unless the catalogue has errors, which are printed.
fn build(args: &Args, workspace: &Workspace, memory: &mut Memory) -> anyhow::Result<Built> {
    let catalogue = workspace.path(args.catalogue.as_deref(), CATALOGUE);
    let baseline = baseline::read(&baseline::beside(&catalogue))?;
    let today = commands::today();
    let examined = pipeline::examine_remembering(&catalogue, today, baseline.as_ref(), &memory.texts, &())?;
    let has_errors = examined.has_errors();
    let Some(model) = examined.model.as_ref().filter(|_| !has_errors) else {
        output::findings(&examined.diagnostics, &examined.sources);
        output::error("no site was made, because the catalogue has errors");
        return Ok(Built::faulty(&examined.diagnostics, &examined.sources));
    };
    let templates = match workspace.templates(args.templates.as_deref())? {
        Some(folder) => Templates::with_overrides(&folder)?,
        None => Templates::embedded()?,
    };
    let record = can_i_deploy::newest(&workspace.path(args.reports.as_deref(), REPORTS)).ok();
    let record = record.map(|path| can_i_deploy::read(&path)).transpose()?;
    let sources = Sources {
        model,
        findings: &examined.diagnostics,
        record: record.as_ref().filter(|record| record.catalogue == model.name),
        today,
        known: examined.known(&memory.texts),
    };
    let files = site::build(&sources, &templates, &mut memory.pages)?;
    memory.write(&files, &workspace.path(args.out.as_deref(), OUT))?;
    Ok(Built::Site(files))
}

/// What the site is made of.
fn watched(args: &Args, workspace: &Workspace) -> Watched {
    let catalogue = workspace.path(args.catalogue.as_deref(), CATALOGUE);
    let templates = args.templates.as_deref().map(|folder| workspace.path(Some(folder), ""));
    let reports = workspace.path(args.reports.as_deref(), REPORTS);
    let out = workspace.path(args.out.as_deref(), OUT);
    Watched {
        folders: [catalogue.parent().map(Path::to_owned), templates, Some(reports)].into_iter().flatten().collect(),
        except: [Some(out), workspace.memory().parent().map(Path::to_owned)].into_iter().flatten().collect(),
    }
}

/// Opens a file or a page in the browser.
fn open(what: &OsStr) -> anyhow::Result<()> {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let opened = Command::new(opener).arg(what).status();
    anyhow::ensure!(
        opened.is_ok_and(|status| status.success()),
        "`{opener}` cannot open it: open `{}` yourself",
        what.display()
    );
    Ok(())
}

//! Names that practitioners write, sorted by hand.

use super::{is_past, past_of};
use crate::rules::event_name::words;

const PAST: &str = "
    order.placed order.accepted order.cancelled order.canceled order.shipped order.delivered order.created order.split
    InvoiceSent PaymentTaken OrderPlaced ItemSold StockLost CartAbandoned UserSignedUp MoneyWithdrawn PasswordReset
    payment.refund_requested payment.captured payment.authorised payment.paid payment.overpaid payment.prepaid
    payment.withheld payment.withdrawn payment.forgiven payment.written_off payment.held payment.released payment.made
    payment.undone payment.repaid payment.lost payment.found payment.spent payment.lent payment.stolen payment.bought
    stock.ran_out stock.sold_out stock.fell_below_minimum stock.counted stock.shrunk stock.grown
    shipment.became_overdue shipment.picked_up shipment.handed_over shipment.left_warehouse shipment.broken
    shipment.driven shipment.flown shipment.brought shipment.caught shipment.thrown_away shipment.split
    user.logged_in user.signed_up user.checked_out user.opted_out user.locked_out user.went_offline user.met
    user.seen user.forgotten user.known user.chosen user.told user.taught user.heard user.bitten user.bound user.sworn_in
    deployment.rolled_back deployment.begun deployment.began deployment.undone deployment.overridden deployment.frozen
    build.broken build.built build.rebuilt build.cut build.split build.put build.set build.reset build.shut build.hit
    account.taken_over account.closed account.frozen account.unfrozen account.set_up account.shut_down account.kept
    account.hidden account.unhidden account.given account.forbidden account.upheld account.understood account.agreed
    document.read document.written document.rewritten document.drawn document.redrawn document.torn document.held
    document.guaranteed document.decreed document.freed document.disagreed document.shown document.proven document.laid
    document.led document.fed document.fled document.sped document.bred document.bled
    mail.sent mail.resent mail.forwarded mail.unsubscribed mail.bounced mail.opened mail.clicked mail.marked_as_spam
    item.added_to_cart item.removed_from_cart item.put_on_hold item.assigned_to_agent item.marked_paid item.made_available
    vehicle.driven vehicle.stolen vehicle.ridden vehicle.stuck vehicle.struck vehicle.worn vehicle.woken vehicle.won
    cert.revoked cert.expired cert.renewed cert.applied cert.tried cert.copied cert.denied cert.verified cert.used cert.owed
    lesson.taught lesson.learnt lesson.learned lesson.slept lesson.spoken lesson.sung lesson.thought lesson.sought
    pump.stopped pump.swapped pump.tagged pump.logged pump.controlled pump.deferred pump.spun pump.wrung pump.swept
    a.b.arisen a.b.eaten a.b.fought a.b.hung a.b.knelt a.b.meant a.b.risen a.b.said a.b.shot a.b.stood a.b.told a.b.quit
    invoice.deemed_invalid session.timed_out job.done job.failed job.dealt_with job.misread job.mistaken job.outgrown
";

const NOT_PAST: &str = "
    OrderEvent UserUpdate PlaceOrder order.place order.paying order.payment order.pay order.payments order.shipment
    order.creation order.cancel order.cancellation order.cost order.bid order.bet order.fit order.status order.data
    order.change order.update order.delete order.create order.new order.event order.message order.command order.request
    order.response order.query order.get order.list order.fetch order.send order.sending order.sends order.ships
    order.overdue order.late order.ready order.available order.active order.valid order.complete order.open order.empty
    seed.bed seed.feed seed.speed seed.need seed.seed seed.shed seed.exceed seed.embed seed.proceed seed.succeed
    seed.breed seed.bleed seed.weed seed.heed seed.greed seed.creed seed.deed seed.reed seed.steed seed.red seed.sled
    seed.shred seed.wed seed.hundred seed.kindred seed.naked seed.sacred seed.wicked seed.hatred seed.biped seed.moped
    seed.infrared seed.testbed seed.watershed seed.flatbed seed.ted seed.indeed seed.newsfeed seed.rssfeed
    job.run job.become job.come job.begin job.start job.starting job.finish job.stop job.retry job.output job.outlet
    job.outset job.outbound job.present job.relent job.underground job.ground job.wound job.bit job.saw job.lay job.rent
    user.login user.logout user.signup user.checkout user.rollback user.takeover user.log_in user.sign_up user.check_out
    user.register user.registration user.invite user.invitation user.leave user.arrival user.birthday user.profile
    stock.level stock.low stock.run_out stock.overflow stock.shortage stock.loss stock.sale stock.sell stock.buy
    account.freeze account.take account.takes account.taking account.give account.gift account.hold account.keep
    account.break account.build account.choose account.draw account.drive account.fall account.forget account.grow
    account.hide account.know account.lose account.make account.meet account.pay account.sell account.send account.show
    account.sing account.speak account.spend account.steal account.teach account.tell account.think account.win
    account.write account.withdraw account.withdrawal account.withhold account.uphold account.undo account.understand
    a.b.c a.b.order CreatedOrder PaidInvoice SentMail UpdatedUser x order payment inventory
";

fn verdicts(names: &str) -> impl Iterator<Item = (&str, bool)> {
    names.split_whitespace().map(|name| {
        let words = words(name);
        (name, is_past(&words.iter().map(String::as_str).collect::<Vec<_>>()))
    })
}

#[test]
fn past_names_pass() {
    assert!(verdicts(PAST).count() > 150);
    assert_eq!(verdicts(PAST).filter(|(_, past)| !past).map(|(name, _)| name).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn other_names_fail() {
    assert!(verdicts(NOT_PAST).count() > 150);
    assert_eq!(verdicts(NOT_PAST).filter(|(_, past)| *past).map(|(name, _)| name).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn verbs_get_the_past_that_english_gives_them() {
    let cases = [
        ("place", "placed"),
        ("cancel", "canceled"),
        ("ship", "shipped"),
        ("notify", "notified"),
        ("pay", "paid"),
        ("deploy", "deployed"),
        ("send", "sent"),
        ("run", "ran"),
        ("become", "became"),
        ("withdraw", "withdrawn"),
        ("submit", "submitted"),
        ("deliver", "delivered"),
        ("override", "overridden"),
        ("relay", "relayed"),
    ];
    for (verb, past) in cases {
        assert_eq!(past_of(verb), past);
    }
}

#[test]
fn every_suggested_past_is_accepted() {
    for (verb, ..) in super::irregular::VERBS {
        let past = past_of(verb);
        assert!(is_past(&[&past]), "`{verb}` gives `{past}`, which is refused");
    }
}

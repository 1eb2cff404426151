"""What the demo's company knows. All words are our own; the company does not exist."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from automation.models import Article
from automation.services.articles import publish_article, save_article
from cxos.core.models import User


class Text(NamedTuple):
    title: str
    collection: str
    keywords: str
    body: str
    is_public: bool = True
    language: str = "en"


TEXTS = (
    Text("Restart your router", "Internet", "modem, reboot, slow, orange light, error 651", """\
Most faults are gone after a clean restart. Your settings stay as they are.

1. Pull the power plug of the router, not only the cable.
2. Wait **ten seconds**.
3. Plug it in again and wait until the light is steady green. That takes up to three minutes.

Still orange? The router is then looking for the line. Tell us: we can restart the port from our side.
"""),
    Text("What the lights of the router mean", "Internet", "led, lamp, blinking, orange, red, modem", """\
- **Green, steady:** all is well.
- **Green, blinking:** it is loading new software. Leave it plugged in.
- **Orange, blinking:** it is looking for the line. [Restart it](https://help.example.com/restart) once.
- **Red:** it has no line. Check that the cable sits in the socket marked *Line*.
- **Dark:** it has no power.
"""),
    Text("Internet is slow", "Internet", "speed, wlan, wifi, download, lag", """\
# Find out where it is lost
Measure once by cable and once by Wi-Fi, close to the router.

- Slow only by Wi-Fi: move the router out of the cupboard, away from the television, and use the 5 GHz network.
- Slow by cable too: write to us with both figures and the time of the day. We look at your line while you go on.

# In the evening only
Then the whole street is online. We list the streets we are widening, with dates, on the page of your town.
"""),
    Text("No signal on the phone", "Mobile", "network, coverage, mast, bars, reception", """\
1. Switch flight mode on, wait ten seconds, switch it off.
2. Take the SIM card out and put it in again; with an eSIM, restart the phone.
3. Try the SIM in another phone. If it works there, the phone is at fault.

When there is work on a mast near you, we know until when: ask us with your postcode.
"""),
    Text("Why is my invoice higher than last month?", "Invoices", "bill, charged, expensive, instalment, open amount", """\
An invoice has four parts, each with its own sum:

- your **plan**, for the month to come
- **devices** you pay in instalments
- what you used **beyond the plan**, such as calls abroad
- **open amounts** of earlier months

The most common reason is an open amount: a payment that came back from the bank. The fee for that is taken off once if you tell us.
"""),
    Text("Pay an invoice in instalments", "Invoices", "payment, pay later, rate, overdue, reminder", """\
An amount of 60 or more can be paid in **three, six or twelve** monthly parts, without interest.

Ask before the date on the reminder. After the agreement we send no further reminders while the parts arrive in time.
"""),
    Text("Roaming: using the phone abroad", "Mobile", "abroad, travel, pack, foreign, holiday", """\
Within the roaming zone your plan works as at home. Outside of it nothing is switched on by itself: you choose a pack first.

- *Day*: 1 GB for 4.99
- *Week*: 5 GB for 14.99

A pack nobody booked is refunded in full. Tell us the date on the invoice.
"""),
    Text("Change your plan", "Contract", "upgrade, downgrade, tariff, more data, switch", """\
You may change to another plan **once a month, without a fee**, also back to a smaller one.

The new data is there at once; the new price counts from the next invoice. What is left of the old month is credited to the day.
"""),
    Text("Moving house", "Contract", "relocation, new address, move, town, technician", """\
Tell us the new postcode **two weeks before** you move.

1. We check what is available there and confirm it the same day.
2. A technician connects it on the day you move in, between 8 and 12.
3. The old line is switched off two days later, so that you are never without one.

If we cannot supply the new address, you may leave the contract at the end of the month.
"""),
    Text("Where is my order?", "Orders", "delivery, parcel, courier, tracking, shipment, late", """\
Phones and routers leave our warehouse on the next working day. The courier then sends a link with a window of two hours.

- **Somebody else may take it:** name the neighbour to us until 8 in the morning.
- **Another colour or model:** possible until it is packed.
- **Not there after three days:** we send a second one and look for the first ourselves.
"""),
    Text("Goodwill: what you may promise", "Handling", "credit, refund, compensation, angry, voucher", """\
> For colleagues only.

- Up to **10 a month** for a customer, without asking anybody. Write the reason into the case.
- A return fee of the bank: take it off once in twelve months.
- More than that: ask your supervisor **before** you promise it.

Never promise a date for a mast or a street that is not on the page of the town.
"""
, False),
    Text("A customer wants to cancel", "Handling", "cancellation, leave, terminate, keep, retention", """\
> For colleagues only.

1. Say that you understand, and ask **why** before you offer anything.
2. Price: the old price for a year, in writing, starting today.
3. Faults: put the line under watch for a week and a credit for the days lost.
4. If they still want to go: confirm the date at once. Nobody is kept waiting.
""", False),
    Text("Den Router neu starten", "Internet", "modem, neustart, langsam, fehler 651", """\
Die meisten Störungen sind nach einem Neustart behoben. Ihre Einstellungen bleiben erhalten.

1. Ziehen Sie den Netzstecker des Routers.
2. Warten Sie **zehn Sekunden**.
3. Stecken Sie ihn wieder ein und warten Sie, bis das Licht grün leuchtet.
""", language="de"),
)  # fmt: skip
DRAFT = Text("Fibre: what happens on the day of the installation", "Internet", "technician, appointment, cable, drill", """\
The technician rings an hour before. Somebody of age has to be there for about 90 minutes.

- The cable comes through **one hole of 10 mm**, where you want it.
- The landlord's consent is needed before; we send the form.
""")  # fmt: skip


def seed_knowledge(*, now: datetime) -> None:
    """Once: what somebody has changed or archived since stays so."""
    if Article.objects.exists():
        return
    author, publisher = User.objects.get(email="ana@example.com"), User.objects.get(email="sam@example.com")
    for text in (*TEXTS, DRAFT):
        texts = {
            "title": text.title, "body": text.body, "language": text.language, "collection": text.collection,
            "keywords": text.keywords, "audience": "public" if text.is_public else "internal",
        }  # fmt: skip
        made = save_article(None, texts=texts, actor=author, now=now)
        if text is not DRAFT:
            publish_article(made.pk, actor=publisher, now=now)

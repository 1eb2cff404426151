"""What the demo's customers want and what they are told. All words are our own; the company does not exist."""

from __future__ import annotations

from typing import NamedTuple


class Script(NamedTuple):
    """Customer's and agent's turns in turn, the customer first; `ends`: the disposition."""

    topic: str
    turns: tuple[str, ...]


FIRST = (
    "Amara", "Bjarne", "Carla", "Dilan", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Keiko", "Lena", "Mateo",
    "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Samir", "Tove", "Umi", "Viktor", "Wanda", "Yusuf", "Zoe",
)  # fmt: skip
LAST = (
    "Adeyemi", "Bauer", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Haddad", "Ivanova", "Jensen", "Kowalski",
    "Lindgren", "Moreau", "Novak", "Okoye", "Petrov", "Quist", "Rossi", "Santos", "Tanaka", "Ueda", "Vargas", "Weber",
)  # fmt: skip

SCRIPTS = (
    Script("bill", (
        "Hi, my invoice this month is twice as high as usual. What happened?",
        "Hello! Let me look at it with you. I see a device instalment and last month's open amount on it.",
        "Oh, the payment of last month did not go through?",
        "It came back from your bank on the 12th. I have taken the return fee off, so only the normal amounts are left.",
        "That is kind, thank you very much!",
        "You are welcome. The corrected invoice reaches you by e-mail within the hour.",
    )),
    Script("bill", (
        "I was charged for a roaming pack I never booked.",
        "That should not be. One moment, I check when it was activated.",
        "I was not even abroad in August.",
        "You are right, it was switched on by mistake. The refund of 9.99 is on its way and the pack is off.",
        "Perfect, thanks.",
        "Thank you for telling us. Anything else I can do?",
    )),
    Script("fault", (
        "My internet has been very slow since this morning.",
        "I am sorry about that. Is the light on your router steady or blinking?",
        "It is blinking orange.",
        "That means it is looking for the line. I am restarting the port from here, it takes about two minutes.",
        "It is green now and fast again!",
        "Great. I keep an eye on your line until tomorrow and write to you if anything looks odd.",
    )),
    Script("fault", (
        "No signal on my phone in the whole house since yesterday, it is really annoying.",
        "That is annoying indeed. There is work on the mast near you until 6 pm today.",
        "Will it be the same as before after that?",
        "Better, in fact: the mast gets a second band. I can send you a note when it is back.",
        "Yes please.",
        "Done. You get a message the moment it is up.",
    )),
    Script("fault", (
        "The router shows error 651 and nothing works.",
        "Let us fix that. Please hold the reset button for ten seconds, your settings stay as they are.",
        "Ok, done. It is starting.",
        "I can see it coming up. The new firmware is installing, three minutes more.",
        "It works, you are a star.",
        "Happy to help. Have a good evening!",
    )),
    Script("order", (
        "Where is my new phone? I ordered it last Thursday.",
        "It left our warehouse yesterday and is with the courier. The delivery is planned for tomorrow before noon.",
        "Can they leave it with my neighbour?",
        "I have noted number 14 across the street for the driver.",
        "Brilliant.",
        "Enjoy the new phone!",
    )),
    Script("order", (
        "Can I still change the colour of the tablet I ordered?",
        "Yes, it has not been packed yet. Which colour would you like?",
        "The green one please.",
        "Changed to green. The delivery date stays the same.",
    )),
    Script("plan", (
        "Which plan do you have with more data? I always run out by the 20th.",
        "You use about 14 GB a month. Flex 20 would fit and costs 3 more than what you pay now.",
        "And can I go back if I do not need it?",
        "Any month, without a fee.",
        "Then let us do it.",
        "Done, the extra data is there right now.",
    )),
    Script("plan", (
        "I am moving to another town next month, can I take my contract with me?",
        "Of course. May I have the new postcode?",
        "It is 20457.",
        "Fibre is available there. A technician connects it on the day you move in, between 8 and 12.",
        "That was easy, thanks!",
        "We are glad it was. See you at the new place.",
    )),
    Script("cancel", (
        "I want to cancel my contract. The price went up again and nobody told me.",
        "I understand that this is annoying. May I look at what we can do before you go?",
        "If you must.",
        "I can put you back on the old price for a year, in writing, starting today.",
        "Ok, that is fair. Then I stay.",
        "Thank you. The confirmation is in your mailbox.",
    )),
)  # fmt: skip

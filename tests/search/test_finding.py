"""Finding what one may see, with mistakes in the words, at a pinned cost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from automation.queries import ARTICLE_WORDS
from cases.queries import CASE_WORDS
from cases.services.cases import open_case
from channels_app.models import Conversation
from channels_app.queries import CONVERSATION_WORDS, MESSAGE_WORDS
from channels_app.services.assignment import assign
from channels_app.services.replies import add_note
from crm.models import Customer
from crm.queries import CUSTOMER_WORDS, IDENTITY_WORDS
from cxos.core.models import Team, User, Word
from cxos.core.search import vectors
from cxos.core.search.dictionary import learn, understand
from cxos.core.search.vectors import LARGE, SMALL, STEPS, TextIndex, Wanted, newest, within
from cxos.screens.search.finders import KINDS, look_for
from tests.proof.test_workspace_queries import queries
from tests.screens.markup import Reader

pytestmark = pytest.mark.django_db
Write = Callable[..., Conversation]


def found(user: User, words: str) -> dict[str, list[str]]:
    """kind → the lines' texts."""
    look = look_for(user, understand(words), [kind.key for kind in KINDS])
    pages = {kind.key: kind.find(look, 20, "") for kind in KINDS}
    return {
        key: ["".join(piece for piece, _ in hit.title) for hit in page.hits] for key, page in pages.items() if page.hits
    }


@pytest.mark.parametrize("words", ["parcel", "parc", "PARCEL", "pracel", "parcl", "where parcel"])
def test_a_message_is_found_by_its_words_their_beginning_and_with_a_mistake(
    write: Write, ana: User, words: str
) -> None:
    write("Kim Miller", "Where is my parcel?")
    write("Max Stone", "I want my money back")

    assert found(ana, words) == {"messages": ["Where is my parcel?"]}


def test_a_mistake_in_a_known_word_is_no_reason_to_find_others(write: Write, ana: User) -> None:
    write("Kim Miller", "The house is cold")
    write("Max Stone", "The mouse is broken")

    assert found(ana, "mouse")["messages"] == ["The mouse is broken"]


@pytest.mark.parametrize("words", ["müller", "muller", "Muler", "kim mül", "kim@example.com", "kim@exam"])
def test_a_customer_is_found_by_name_and_address(write: Write, ana: User, words: str) -> None:
    write("Kim Müller", "Hello")
    write("Max Stone", "Hello")

    hits = found(ana, words)

    assert hits["customers"] == ["Kim Müller"]
    assert hits["conversations"] == ["Kim Müller"]


def test_whole_words_come_before_beginnings_and_those_before_corrections(write: Write, ana: User) -> None:
    for name in ("Marie Stone", "Mari Stone", "Mariella Stone"):
        write(name, "Hello", email=f"{name.split()[0].lower()}@example.com")

    assert found(ana, "marie")["customers"] == ["Marie Stone", "Mariella Stone", "Mari Stone"]
    assert found(ana, "mari")["customers"][0] == "Mari Stone"


def test_a_conversation_is_found_by_its_number_and_tag(write: Write, ana: User) -> None:
    conversation = write("Kim", "Hello")
    Conversation.objects.filter(pk=conversation.pk).update(tags=["refund"])

    assert found(ana, f"#{conversation.pk}")["conversations"] == ["Kim"]
    assert found(ana, "refund") == {"conversations": ["Kim"]}


def test_a_case_is_found_by_reference_subject_and_customer(write: Write, ana: User) -> None:
    conversation = write("Kim", "Hello")
    case = open_case(
        customer=conversation.customer,
        subject="Broken kettle",
        conversation=conversation,
        actor=ana,
        now=timezone.now(),
    )

    for words in (case.reference, "kettle", "kim"):
        assert found(ana, words)["cases"] == [f"{case.reference} · Broken kettle"]


def test_a_colleague_is_found_with_a_mistake_and_a_deactivated_one_is_not(ana: User, sam: User) -> None:
    learn(["Samantha"])
    sam.name = "Samantha"
    sam.save(update_fields=["name"])

    assert found(ana, "samatha") == {"people": ["Samantha"]}
    User.objects.filter(pk=sam.pk).update(is_active=False)
    assert found(ana, "samatha") == {}


def test_nobody_finds_what_they_may_not_open(write: Write, ana: User, sam: User) -> None:
    elsewhere = Team.objects.create(name="Billing")
    secret, open_ = write("Kim", "The zebra is secret"), write("Max", "The zebra is not")
    open_case(
        customer=secret.customer, subject="Zebra", conversation=secret, team=elsewhere, actor=sam, now=timezone.now()
    )
    add_note(secret.pk, text="zebra note", author=sam, actor=sam, now=timezone.now())
    assign(secret.pk, assignee_id=sam.pk, team_id=elsewhere.pk, actor=sam, now=timezone.now())

    assert found(ana, "zebra") == {"messages": ["The zebra is not"]}
    assert found(ana, f"#{secret.pk}") == {}
    assert sorted(found(sam, "zebra")["messages"]) == ["The zebra is not", "The zebra is secret", "zebra note"]
    assert len(found(sam, "zebra")["cases"]) == 1
    assert open_.pk != secret.pk


def test_an_erased_message_is_found_no_more(write: Write, ana: User) -> None:
    conversation = write("Kim", "The canary sings")
    conversation.messages.update(text="")

    assert found(ana, "canary") == {}


INDEXES = [ARTICLE_WORDS, MESSAGE_WORDS, CONVERSATION_WORDS, CUSTOMER_WORDS, IDENTITY_WORDS, CASE_WORDS]


@pytest.mark.parametrize("index", INDEXES)
def test_every_index_is_the_one_that_is_asked(index: TextIndex) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        queries = within(understand("parcel arrived").queries(), 10**6, SMALL)
        holds = " AND ".join([f"{index.expression} @@ %s::tsquery"] * len(queries))
        cursor.execute(f"EXPLAIN SELECT id FROM {index.table} WHERE {holds}", queries)
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert plan.count("Bitmap Index Scan on ") == 1
    assert plan.rpartition("Index Cond")[2].count("@@") == 3


def test_old_matches_are_found_beyond_the_newest_blocks(kim: Customer) -> None:
    """A word of one row in very many is looked for everywhere, though as a common word it is sought in the newest first."""
    new = (40 << LARGE.bits) + 5
    Customer.objects.create(pk=new, name="Somebody")
    Word.objects.create(text="kim", folded="kim", near=[], uses=10**6)

    assert newest(understand("kim"), [Wanted(CUSTOMER_WORDS, 10)]) == [[kim.pk]]
    assert newest(understand("somebody"), [Wanted(CUSTOMER_WORDS, 10)]) == [[new]]
    assert newest(understand("somebody"), [Wanted(CUSTOMER_WORDS, 10, before=new)]) == [[]]


def test_of_a_very_common_word_the_newest_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "MOST_READ", 1)  # which holds for a search of everything only
    first = 40 << LARGE.bits
    Customer.objects.bulk_create(Customer(pk=first + number, name="Common") for number in range(4))
    Word.objects.create(text="common", folded="common", near=[], uses=10**6)

    assert newest(understand("common"), [Wanted(CUSTOMER_WORDS, 2)]) == [[first + 3, first + 2]]


def test_the_commoner_a_word_the_fewer_blocks_are_read() -> None:
    """Of five million rows 200 are wanted."""
    many = 5 * 10**6

    def first(uses: int | None) -> int | None:
        step = vectors._first_step(uses, many, 200)
        return step and step.rows

    def then(rows: int, found: int) -> int | None:
        step = vectors._next_step(next(one for one in STEPS if one.rows == rows), found, many, 200)
        return step and step.rows

    assert [first(uses) for uses in (None, many, many // 10, many // 50, many // 100, many // 400)] == [
        2**11, 2**11, 2**13, 2**15, 2**17, 2**20,
    ]  # fmt: skip
    assert [first(uses) for uses in (5_000, 0)] == [None, None]
    assert [then(2**15, found) for found in (150, 103, 20, 10, 0)] == [2**17, 2**17, 2**20, None, 2**20]
    assert then(2**20, 100) is None


def test_beginnings_and_corrections_are_known_to_be_common() -> None:
    """So that the newest blocks are asked first, and not millions of rows read."""
    learn(["kirsten", "kirsten kirk"])

    assert understand("ki").uses() == 3
    assert understand("kirsetn").uses() == 2
    assert understand("kirsten kirk").uses() == 1
    assert understand("kirsten qzxv").uses() == 0
    assert understand("12345").uses() is None
    assert understand("kirk 12345").uses() == 1


@pytest.mark.parametrize(
    "words", ["'", "\\", "a' | 'b", "!!!", "&|!():*<->", "\0", "x" * 5000, "%_", "' or 1=1 --", "#", "tag "]
)
def test_hostile_words_are_only_words(client: Client, write: Write, ana: User, words: str) -> None:
    write("Kim", "Hello")
    client.force_login(ana)

    for path in ("/search/", "/search/palette/", "/search/commands/"):
        assert client.get(path, {"q": words, "at": words, "after": words, "kind": words}).status_code == 200


def test_results_are_marked_and_escaped(client: Client, write: Write, ana: User) -> None:
    write("<b>Kim</b>", "My <i>parcel</i> & more")
    client.force_login(ana)

    page = client.get("/search/", {"q": "parcel"}).content.decode()

    assert "My &lt;i&gt;<mark>parcel</mark>&lt;/i&gt; &amp; more" in page
    assert Reader(page).errors == []


def test_an_unknown_word_says_what_is_shown_instead_and_nothing_says_what_to_try(
    client: Client, write: Write, ana: User
) -> None:
    write("Kim", "Where is my parcel?")
    client.force_login(ana)

    assert "<bdi>parcel</bdi>" in client.get("/search/", {"q": "pracel"}).content.decode()
    assert "Nothing found" in client.get("/search/", {"q": "xylophone"}).content.decode()
    assert "What are you looking for?" in client.get("/search/").content.decode()


def test_a_kind_is_paged_to_its_end(client: Client, write: Write, ana: User) -> None:
    conversation = write("Kim", "Hello")
    for number in range(45):
        add_note(conversation.pk, text=f"apple {number}", author=ana, actor=ana, now=timezone.now())
    client.force_login(ana)

    seen, address = list[str](), "?q=apple&kind=messages"
    while address:
        lines = Reader(client.get(f"/search/{address}", headers={"HX-Request": "true"}).content.decode())
        links = [attributes for tag, attributes in lines.elements if tag == "a"]
        seen += [one["id"] for one in links if one.get("class") == "se-hit"]
        address = next((one["href"] for one in links if one.get("class") == "button"), "")

    assert len(seen) == len(set(seen)) == 45


def test_the_palette_offers_what_can_be_done_to_the_open_conversation(client: Client, write: Write, ana: User) -> None:
    conversation = write("Kim", "Hello")
    client.force_login(ana)
    at = f"/workspace/c/{conversation.pk}/"

    assert client.get("/search/commands/", {"at": "/customers/"}).content.decode().strip() == ""
    commands = client.get("/search/commands/", {"at": at}).content.decode()
    assert {f'hx-post="{at}{verb}/"' in commands for verb in ("assign", "resolve", "status", "priority", "snooze")} == {
        True
    }
    assert "Tag with “refund”" in client.get("/search/palette/", {"q": "#refund", "at": at}).content.decode()
    assign(conversation.pk, team_id=Team.objects.create(name="Billing").pk, actor=None, now=timezone.now())
    assert client.get("/search/commands/", {"at": at}).content.decode().strip() == ""


def test_a_search_costs_the_same_for_one_and_for_fifty(client: Client, write: Write, ana: User) -> None:
    """The session's and the user's query included."""
    client.force_login(ana)
    conversation = write("Kim", "apple tree")
    views = ("?q=apple", "?q=kim", "?q=aplpe", "palette/?q=apple", "palette/?q=kim", "?q=apple&kind=messages")
    one = {view: queries(client, f"/search/{view}") for view in views}
    for number in range(50):
        add_note(conversation.pk, text=f"apple {number}", author=ana, actor=ana, now=timezone.now())

    fifty = {view: queries(client, f"/search/{view}") for view in views}

    assert fifty == one
    assert {view: cost for view, cost in fifty.items() if cost > 12} == {}

import json
from collections.abc import Iterator

import pytest
import typer
from typer.testing import CliRunner

from feedrank.commands.act import ACTIONS, act
from feedrank.commands.feed import feed
from feedrank.real.ports import free_ports
from protos import events_pb2, feed_pb2, receipt_pb2
from tests.feedrank.fake_server import FakeFeedService, fake_server

app = typer.Typer()
app.command()(feed)
app.command()(act)

PAGE = feed_pb2.GetFeedResponse(
    items=[
        feed_pb2.FeedItem(
            item_id=9_007_199_254_740_993,
            author_id=10,
            score=0.5,
            sources=["nearest", "popular"],
            reason="popular in north",
            content=feed_pb2.Content(title="a [bold] cat", categories=["cats"]),
        ),
        feed_pb2.FeedItem(item_id=0, author_id=-1, position=1),
    ],
    next_page_token="next",
    feed_id="f1",
    receipt=receipt_pb2.Receipt(
        generation="3f9c2a71d0b4",
        origin="ranked",
        shards_total=2,
        shards_answered=1,
        degraded_reasons=["shard_unavailable"],
        models={"ranker": "abc"},
    ),
)


@pytest.fixture
def service() -> FakeFeedService:
    service = FakeFeedService()
    service.page = PAGE
    return service


@pytest.fixture
def address(service) -> Iterator[str]:
    with fake_server(service) as address:
        yield address


def run(*arguments: object):
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, [str(word) for word in arguments])


def test_a_page_is_shown_with_why_each_item_is_there(address):
    shown = run("feed", "--viewer", 1, "--address", address)
    assert shown.exit_code == 0
    for text in ("9007199254740993", "a [bold] cat", "nearest popular", "popular in north"):
        assert text in shown.stdout
    assert "less than it could be: shard_unavailable" in shown.stdout
    assert "--token next" in shown.stdout


def test_asks_for_what_was_typed(address, service):
    run("feed", "--viewer", 0, "--size", 7, "--token", "t", "--address", address)
    [asked] = service.asked
    assert (asked.viewer_id, asked.HasField("viewer_id")) == (0, True)
    assert (asked.page_size, asked.page_token) == (7, "t")


def test_json_has_every_field_and_whole_ids(address):
    page = json.loads(run("feed", "--viewer", 1, "--json", "--address", address).stdout)
    assert [item["item_id"] for item in page["items"]] == [9_007_199_254_740_993, 0]
    assert page["items"][0]["content"]["categories"] == ["cats"]
    assert page["items"][1]["content"] is None
    assert page["receipt"]["models"] == {"ranker": "abc"}
    assert page["receipt"]["bus_lag_messages"] == 0
    assert page["next_page_token"] == "next"


def test_a_refused_call_is_one_line_and_exit_code_one(address):
    refused = run("feed", "--viewer", 1, "--token", "foreign", "--address", address)
    assert refused.exit_code == 1
    assert refused.stderr == "error: page_token: not one of ours\n"


@pytest.mark.parametrize(
    "command", [("feed", "--viewer", 1), ("act", "--viewer", 1, "--item", 5, "--action", "like")]
)
def test_says_what_to_do_when_nobody_answers(command):
    [port] = free_ports(1)
    failed = run(*command, "--address", f"127.0.0.1:{port}")
    assert failed.exit_code == 1
    assert f"127.0.0.1:{port}: UNAVAILABLE" in failed.stderr
    assert "feedrank serve" in failed.stderr
    assert failed.stderr.count("\n") == 1


@pytest.mark.parametrize("size", [0, 51])
def test_page_sizes_out_of_range_are_refused_before_the_call(size):
    assert run("feed", "--viewer", 1, "--size", size).exit_code == 2


def test_an_action_is_logged_under_an_id_of_its_own(address, service):
    for _ in range(2):
        kept = run("act", "--viewer", 7, "--item", 42, "--action", "like", "--address", address)
        assert kept.exit_code == 0
    assert kept.stdout == "kept: viewer 7, like, item 42\n"
    first, second = service.logged
    assert (first.viewer_id, first.item_id, first.kind) == (7, 42, events_pb2.LIKE)
    assert len({first.action_id, second.action_id}) == 2


@pytest.mark.parametrize(("option", "field"), [("author", "author_id"), ("group", "group_id")])
def test_the_target_may_be_an_author_or_a_group(address, service, option, field):
    run("act", "--viewer", 7, f"--{option}", 0, "--action", "block", "--address", address)
    [action] = service.logged
    assert action.WhichOneof("target") == field


def test_a_refused_action_is_one_line_and_exit_code_one(address, service):
    service.refused = feed_pb2.ItemError(status="UNAVAILABLE", message="send it again")
    refused = run("act", "--viewer", 7, "--item", 42, "--action", "hide", "--address", address)
    assert refused.exit_code == 1
    assert refused.stderr == "error: UNAVAILABLE: send it again\n"


@pytest.mark.parametrize("targets", [(), ("--item", 1, "--author", 2)])
def test_exactly_one_target_is_needed(targets):
    refused = run("act", "--viewer", 7, "--action", "like", *targets)
    assert refused.exit_code == 2
    assert "need exactly one" in refused.stderr


def test_an_unknown_action_is_refused_with_those_there_are():
    refused = run("act", "--viewer", 7, "--item", 1, "--action", "love")
    assert refused.exit_code == 2
    assert "love is no action" in refused.stderr
    assert all(name in refused.stderr for name in ACTIONS)

"""From the bus to the tables of the next build, once, whatever is repeated or cut short."""

import json
import shutil

import pyarrow.parquet as pq
import pytest

from feedrank.export import export_bus
from feedrank.exporting import table_change
from feedrank.probing.synthetic import FIRST_ID
from protos import events_pb2 as pb
from serving.bus.topics import ACTIONS, items
from serving.errors import PreconditionError
from tables.dataset import Dataset
from tables.errors import DatasetError
from tables.importer import import_canonical
from tables.schema import TABLES
from tests.serving.bus.logs import opened
from tests.tables.build import write

NOW_MS = 1_750_000_000_000
SHARDS = 2
PATIENCE_S = 20.0
TABLES_OF_CSV = {
    "actions__csv": "viewer_id,item_id,action,occurred_ms\n"
    f"1,100,like,{NOW_MS - 9}\n1,101,click,{NOW_MS - 9}\n",
    "items__csv": "item_id,author_id,title,colour,created_ms\n"
    f"100,10,old,red,{NOW_MS - 99}\n101,11,,blue,{NOW_MS - 99}\n",
    "follows__csv": f"viewer_id,author_id,created_ms\n1,10,{NOW_MS - 50}\n1,11,{NOW_MS - 50}\n",
    "memberships__csv": "viewer_id,group_id\n1,500\n",
}


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    source = write(tmp_path_factory.mktemp("import") / "source", **TABLES_OF_CSV)
    out = source.parent / "data"
    import_canonical(source, out, now_ms=NOW_MS, authors_are_viewers=True)
    return out


@pytest.fixture
def data(imported, tmp_path):
    return shutil.copytree(imported, tmp_path / "data")


@pytest.fixture
async def bus(tmp_path):
    bus = await opened(tmp_path / "bus")
    yield bus
    await bus.close()


async def act(bus, kind: int, action_id: str, *, viewer_id: int = 1, **others) -> None:
    event = pb.ActionEvent(
        schema_version=1,
        kind=kind,
        action_id=action_id,
        viewer_id=viewer_id,
        occurred_ms=others.pop("occurred_ms", NOW_MS),
        position=others.pop("position", -1),
        **others,
    )
    value = event.SerializeToString()
    await bus.publish(ACTIONS, value, key=viewer_id, timeout_s=PATIENCE_S)


async def publish(bus, item_id: int, *, change: int = pb.ItemEvent.PUBLISH, **others) -> None:
    event = pb.ItemEvent(
        schema_version=1, event_id="e", change=change, item_id=item_id, occurred_ms=NOW_MS, **others
    )
    value = event.SerializeToString()
    await bus.publish(items(SHARDS), value, key=item_id, timeout_s=PATIENCE_S)


def rows(data, table: str) -> list[dict]:
    Dataset.open(data)
    found = pq.read_table(data / table).to_pylist()
    return sorted(found, key=lambda row: [str(value) for value in row.values()])


def everything(data) -> dict[str, list[dict]]:
    return {table: rows(data, table) for table in TABLES}


def did(data) -> set[tuple]:
    return {(row["viewer_id"], row["item_id"], row["action"]) for row in rows(data, "actions")}


def pairs(data, table: str, target: str = "author_id") -> dict[tuple, int | None]:
    found = rows(data, table)
    assert len({(row["viewer_id"], row[target]) for row in found}) == len(found)
    return {(row["viewer_id"], row[target]): row["created_ms"] for row in found}


async def some_life(bus) -> None:
    await act(bus, pb.IMPRESSION, "a", item_id=101, value=1_500.0, surface="home", position=0)
    await act(bus, pb.LIKE, "b", item_id=101, viewer_id=7)
    await act(bus, pb.UNLIKE, "c", item_id=100)
    await act(bus, pb.UNFOLLOW, "d", author_id=10)
    await act(bus, pb.FOLLOW, "e", author_id=12)
    await act(bus, pb.BLOCK, "f", author_id=13)
    await act(bus, pb.MUTE, "g", author_id=14)
    await act(bus, pb.LEAVE, "h", group_id=500)
    await act(bus, pb.JOIN, "i", group_id=501, viewer_id=7)
    await publish(bus, 100, title="new", author_id=10, created_ms=NOW_MS - 99)
    await publish(bus, 101, change=pb.ItemEvent.DELETE)
    await publish(bus, 102, categories=["cats", "cars"])


async def test_what_happened_is_in_the_tables(bus, data):
    await some_life(bus)
    report = await export_bus(bus, data, SHARDS)
    assert did(data) == {(1, 101, "click"), (1, 101, "impression"), (7, 101, "like")}
    assert pairs(data, "follows") == {(1, 11): NOW_MS - 50, (1, 12): NOW_MS}
    assert pairs(data, "blocks") == {(1, 13): NOW_MS}
    assert pairs(data, "mutes") == {(1, 14): NOW_MS}
    assert pairs(data, "memberships", "group_id") == {(7, 501): NOW_MS}
    assert [row["item_id"] for row in rows(data, "items")] == [100, 102]
    assert 7 in {row["viewer_id"] for row in rows(data, "viewers")}
    assert report.read == {"actions": 9, "items": 3}
    assert report.added["actions"] == 2
    assert report.removed["actions"] == 1


async def test_an_action_keeps_its_details_and_its_place_on_the_bus(bus, data):
    await act(bus, pb.IMPRESSION, "a", item_id=101, value=1_500.0, surface="home", position=0)
    await act(bus, pb.SHARE, "b", item_id=101)
    await export_bus(bus, data, SHARDS)
    live = {row["action"]: row for row in rows(data, "actions") if row["action_id"]}
    impression, share = live["impression"], live["share"]
    assert (impression["value"], impression["surface"], impression["position"]) == (1500, "home", 0)
    assert (share["value"], share["surface"], share["position"]) == (None, None, None)
    assert (impression["bus_offset"], share["bus_offset"]) == (0, 1)
    assert impression["partition"] == share["partition"]
    assert not impression["approximate_time"]


async def test_a_published_item_is_all_fields_anew(bus, data):
    await publish(bus, 100, title="first")
    await publish(bus, 100, title="new", categories=["cats"], created_ms=NOW_MS - 5)
    await export_bus(bus, data, SHARDS)
    (item,) = [row for row in rows(data, "items") if row["item_id"] == 100]
    assert (item["title"], item["categories"], item["created_ms"]) == ("new", ["cats"], NOW_MS - 5)
    assert (item["author_id"], item["visibility"]) == (None, "public")


async def test_a_second_export_adds_nothing(bus, data):
    await some_life(bus)
    await export_bus(bus, data, SHARDS)
    before, said = everything(data), (data / "dataset.json").read_text()
    report = await export_bus(bus, data, SHARDS)
    assert report.read == {"actions": 0, "items": 0}
    assert everything(data) == before
    assert (data / "dataset.json").read_text() == said


async def test_a_later_export_adds_what_came_since(bus, data):
    await some_life(bus)
    await export_bus(bus, data, SHARDS)
    await act(bus, pb.CLICK, "z", item_id=102)
    await act(bus, pb.UNLIKE, "y", item_id=101, viewer_id=7)
    await act(bus, pb.FOLLOW, "x", author_id=11)
    report = await export_bus(bus, data, SHARDS)
    assert did(data) == {(1, 101, "click"), (1, 101, "impression"), (1, 102, "click")}
    assert pairs(data, "follows") == {(1, 11): NOW_MS - 50, (1, 12): NOW_MS}
    assert report.added == {"actions": 1}


async def test_an_export_cut_short_before_its_last_step_is_made_good_by_the_next(
    bus, data, tmp_path
):
    await some_life(bus)
    whole = tmp_path / "whole"
    shutil.copytree(data, whole)
    before = (data / "dataset.json").read_text()
    await export_bus(bus, data, SHARDS)
    (data / "dataset.json").write_text(before)
    await act(bus, pb.CLICK, "z", item_id=102, viewer_id=8)
    await export_bus(bus, data, SHARDS)
    await export_bus(bus, whole, SHARDS)
    assert everything(data) == everything(whole)
    assert json.loads((data / "dataset.json").read_text()) == json.loads(
        (whole / "dataset.json").read_text()
    )


@pytest.mark.parametrize("last_step", [1, 2, 6, 7, 8, 10, 11])
async def test_an_export_killed_at_any_file_is_made_good_by_the_next(
    bus, data, tmp_path, monkeypatch, last_step
):
    await some_life(bus)
    whole = tmp_path / "whole"
    shutil.copytree(data, whole)
    await export_bus(bus, whole, SHARDS)
    steps = iter(range(1, 100))
    really = table_change.put_in_place

    def killed(new, target):
        if next(steps) == last_step:
            raise KeyboardInterrupt
        really(new, target)

    with monkeypatch.context() as patched:
        patched.setattr(table_change, "put_in_place", killed)
        with pytest.raises(KeyboardInterrupt):
            await export_bus(bus, data, SHARDS)
    await export_bus(bus, data, SHARDS)
    assert everything(data) == everything(whole)


async def test_what_a_probe_did_is_left_out(bus, data):
    before = everything(data)
    viewer, author, item = FIRST_ID, FIRST_ID + 2, FIRST_ID + 3
    await act(bus, pb.FOLLOW, "a", viewer_id=viewer, author_id=author)
    await act(bus, pb.LIKE, "b", viewer_id=viewer, item_id=100)
    await act(bus, pb.LIKE, "c", item_id=item)
    await act(bus, pb.BLOCK, "d", author_id=author)
    await publish(bus, item, author_id=author, visibility="followers")
    await export_bus(bus, data, SHARDS)
    assert everything(data) == before
    await act(bus, pb.LIKE, "e", viewer_id=FIRST_ID - 1, item_id=100)
    await export_bus(bus, data, SHARDS)
    assert (FIRST_ID - 1, 100, "like") in did(data)


async def test_an_action_sent_twice_is_one_row(bus, data):
    await act(bus, pb.CLICK, "a", item_id=100)
    await act(bus, pb.CLICK, "a", item_id=100)
    await export_bus(bus, data, SHARDS)
    await act(bus, pb.CLICK, "a", item_id=100)
    await act(bus, pb.CLICK, "a", item_id=100, viewer_id=2)
    await export_bus(bus, data, SHARDS)
    live = [row for row in rows(data, "actions") if row["action_id"] == "a"]
    assert sorted(row["viewer_id"] for row in live) == [1, 2]


async def test_the_last_word_on_a_pair_counts(bus, data):
    await act(bus, pb.FOLLOW, "a", author_id=20)
    await act(bus, pb.UNFOLLOW, "b", author_id=20)
    await act(bus, pb.UNFOLLOW, "c", author_id=11)
    await act(bus, pb.FOLLOW, "d", author_id=11, occurred_ms=NOW_MS + 1)
    await act(bus, pb.LIKE, "e", item_id=100)
    await act(bus, pb.UNLIKE, "f", item_id=100)
    await act(bus, pb.LIKE, "g", item_id=100, occurred_ms=NOW_MS + 2)
    await export_bus(bus, data, SHARDS)
    assert pairs(data, "follows") == {(1, 10): NOW_MS - 50, (1, 11): NOW_MS + 1}
    likes = [row["occurred_ms"] for row in rows(data, "actions") if row["action"] == "like"]
    assert likes == [NOW_MS + 2]


async def test_offsets_and_data_time_are_told_for_the_next_build(bus, data):
    await act(bus, pb.FOLLOW, "a", author_id=20, occurred_ms=NOW_MS + 1)
    await publish(bus, 102, created_ms=NOW_MS + 5)
    await export_bus(bus, data, SHARDS)
    said = json.loads((data / "dataset.json").read_text())
    (offsets,) = said["bus_positions"].values()
    assert said["bus_positions"] == {await bus.identity(): offsets}
    assert sum(offsets["actions"].values()) == 1
    assert len(offsets["actions"]) == 64
    assert sum(offsets["items"].values()) == 1
    assert said["data_time_ms"] == NOW_MS + 5
    assert Dataset.open(data).info.source == "canonical"


async def test_messages_that_make_no_sense_are_counted_and_passed_over(bus, data):
    await bus.publish(ACTIONS, b"\xff junk", key=1, timeout_s=PATIENCE_S)
    await act(bus, pb.CLICK, "a", author_id=10)
    await act(bus, pb.CLICK, "b", item_id=100)
    await publish(bus, 5, visibility="nobody")
    report = await export_bus(bus, data, SHARDS)
    assert report.unreadable == {"actions": 2, "items": 1}
    assert report.added == {"actions": 1}
    again = await export_bus(bus, data, SHARDS)
    assert again.unreadable == {"actions": 0, "items": 0}


@pytest.fixture
async def other_bus(tmp_path):
    bus = await opened(tmp_path / "other")
    yield bus
    await bus.close()


async def test_a_second_bus_is_read_from_its_beginning_and_each_action_counts_once(
    bus, other_bus, data
):
    await some_life(bus)
    await export_bus(bus, data, SHARDS)
    await act(other_bus, pb.LIKE, "b", item_id=101, viewer_id=7)
    await act(other_bus, pb.CLICK, "new", item_id=102, viewer_id=7)
    report = await export_bus(other_bus, data, SHARDS)
    assert report.read["actions"] == 2
    assert report.added == {"actions": 1}
    again = await export_bus(other_bus, data, SHARDS)
    assert again.read == {"actions": 0, "items": 0}


async def test_going_back_to_the_first_bus_goes_on_where_it_was_left(bus, other_bus, data):
    await some_life(bus)
    await export_bus(bus, data, SHARDS)
    await act(other_bus, pb.CLICK, "new", item_id=102, viewer_id=7)
    await export_bus(other_bus, data, SHARDS)
    assert (await export_bus(bus, data, SHARDS)).read == {"actions": 0, "items": 0}
    await act(bus, pb.CLICK, "newer", item_id=102, viewer_id=7)
    assert (await export_bus(bus, data, SHARDS)).added == {"actions": 1}


async def without_identities(data) -> None:
    """Make the folder one that was exported before buses had identities."""
    said = json.loads((data / "dataset.json").read_text())
    [said["bus_offsets"]] = said.pop("bus_positions").values()
    (data / "dataset.json").write_text(json.dumps(said))


async def test_a_folder_that_names_no_bus_takes_the_first_one_for_its_own(bus, data):
    await some_life(bus)
    await export_bus(bus, data, SHARDS)
    await without_identities(data)
    await act(bus, pb.CLICK, "newer", item_id=102, viewer_id=7)
    report = await export_bus(bus, data, SHARDS)
    assert report.read == {"actions": 1, "items": 0}
    said = json.loads((data / "dataset.json").read_text())
    assert list(said["bus_positions"]) == [await bus.identity()]
    assert "bus_offsets" not in said


async def test_a_folder_that_names_no_bus_and_was_read_further_is_refused(bus, other_bus, data):
    await some_life(bus)
    await export_bus(bus, data, SHARDS)
    await without_identities(data)
    before = everything(data)
    with pytest.raises(PreconditionError):
        await export_bus(other_bus, data, SHARDS)
    assert everything(data) == before


async def test_a_folder_that_is_no_data_folder_is_refused(bus, tmp_path):
    with pytest.raises(DatasetError, match="not a data folder"):
        await export_bus(bus, tmp_path, SHARDS)

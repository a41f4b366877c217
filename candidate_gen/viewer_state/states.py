"""Reads viewers' states: the generation's base and the bus's overlay in one round trip."""

from pathlib import Path

from candidate_gen.viewer_state import merge
from candidate_gen.viewer_state.keys import viewer_key
from candidate_gen.viewer_state.record import RecordError, ViewerRecord, empty_record, unpack
from candidate_gen.viewer_state.vector import ViewerVectorizer
from candidate_gen.viewer_state.viewer import Profile, ViewerState
from generation import layout
from generation.manifest import InvalidGenerationError, Manifest, verify_files
from generation.viewers import BaseViewer, Viewers
from serving.errors import StateUnavailableError
from serving.state.state_store import StateStore

FILES = (
    layout.VIEWERS,
    layout.VECTORS_ITEMS,
    layout.VECTORS_GRAM,
    layout.VECTORS_MEANS,
)
"""What is mapped here of a generation."""


def open_viewer_states(folder: Path, manifest: Manifest, store: StateStore) -> "LayeredStates":
    """Verify and map the files of a generation; `store` holds what came since.

    Raises:
        InvalidGenerationError: a file is missing, damaged or cannot be used; names it.
    """
    verify_files(folder, manifest, FILES)
    try:
        viewers = Viewers(folder)
    except (ValueError, OSError) as error:
        raise InvalidGenerationError(f"{folder}: {error}") from error
    return LayeredStates(manifest.name, viewers, ViewerVectorizer(folder, manifest), store)


class LayeredStates:
    """Implements `ViewerStates` over a mapped base and an overlay in the state store."""

    def __init__(
        self, generation: str, viewers: Viewers, vectorizer: ViewerVectorizer, store: StateStore
    ) -> None:
        self._generation = generation
        self._viewers = viewers
        self._vectorizer = vectorizer
        self._store = store
        self._nothing = empty_record()

    async def read(
        self, viewer_id: int, now_ms: int, region: int = 0, language: int = 0
    ) -> ViewerState:
        """See `ViewerStates.read`."""
        (stored,) = await self._store.read([viewer_key(self._generation, viewer_id)])
        base = self._viewers.find(viewer_id)
        profile = merge.profile_of(base)
        place = profile.region or region, profile.language or language
        if stored is None:
            return self._merged(profile, base, self._nothing, now_ms, place)
        try:
            overlay = unpack(stored.value)
        except RecordError as error:
            raise StateUnavailableError(f"record of viewer {viewer_id}: {error}") from error
        return self._merged(profile, base, overlay, now_ms, place)

    def cold(self, region: int, language: int) -> ViewerState:
        """See `ViewerStates.cold`."""
        profile = Profile(region, language)
        return self._merged(profile, None, self._nothing, 0, (region, language))

    def _merged(
        self,
        profile: Profile,
        base: BaseViewer | None,
        overlay: ViewerRecord,
        now_ms: int,
        place: tuple[int, int],
    ) -> ViewerState:
        """`place`: region and language whose mean stands in for a vector."""
        positive_item_ids, positive_ms = merge.positives(base, overlay)
        vectors = self._vectorizer.of(positive_item_ids, base.vector if base else None, *place)
        window = merge.window(overlay, now_ms)
        habit = merge.habit(base, overlay, positive_item_ids)
        categories, authors = merge.categories(base, overlay), merge.authors(base, overlay)
        return ViewerState(
            profile=profile,
            totals=merge.totals(base, overlay),
            last_action_ms=max(overlay.last_action_ms, base.last_action_ms if base else 0),
            clicks_5m=window.clicks,
            views_5m=window.views,
            categories_5m=window.categories,
            items_seen=habit.items_seen,
            recent_seen=habit.recent_seen,
            recent_positives=habit.recent_positives,
            positive_item_ids=positive_item_ids,
            positive_ms=positive_ms,
            seen_item_ids=merge.seen_item_ids(base, overlay, now_ms),
            category_codes=categories.keys,
            category_impressions=categories.impressions,
            category_positives=categories.positives,
            author_ids=authors.keys,
            author_impressions=authors.impressions,
            author_positives=authors.positives,
            vector=vectors.vector,
            folded_vector=vectors.folded_vector,
            has_vector=vectors.has_vector,
            cluster_vectors=vectors.cluster_vectors,
        )

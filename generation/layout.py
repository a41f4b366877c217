"""Where each file of a generation lies. Paths are relative to the generation's folder.

shards/00000/ items.arrow       SHARD_ITEM_COLUMNS, ordered by (created_ms, item_id); a row's position is its `row`
              item_rows.arrow   item_id int64 (sorted), row int32
              index.faiss       vectors of rows with has_vector; its ids are rows
              index.json        how it is searched and its recall, see faiss_index.py
              authors.arrow     key int64 (author_id, sorted), rows list<int32>: newest first
              categories.arrow  key int64 (category code, sorted), rows list<int32>: most popular first
              popular.arrow     key int64 (region code, sorted; 0: every region), rows list<int32>: most popular first;
                                a region that no item of the shard names has no list: 0 stands for it
              truth.arrow       query float32[k, dim], rows int32[k, 100], scores float32[k, 100]: exact top 100 of
                                sample queries (k <= 256; unused places hold row -1)
graph/        part-00000.arrow… key binary, value binary: see graph_records.py; keys ascending over all parts in order
viewers/      viewers.arrow     see viewer_columns.py; sorted by viewer_id
content/      items.arrow       item_id (sorted), author_id, created_ms, group_id int64; duration_ms int64 (0 unknown);
                                visibility, is_sensitive uint8; region, language, title, text, media_url string;
                                categories list<string>
              authors.arrow     author_id int64 (sorted), display_name, avatar_url string
vectors/      items.arrow       item_id int64 (sorted), vector float16[dim]: every item that has one
              gram.arrow        row float32[dim], dim rows: sum over items of the outer product of fp32 vectors
              means.arrow       region int32, language int32, vector float32[dim], viewers int32: mean viewer vector;
                                (0, 0) is over everybody
models/       pre_ranker.onnx ranker.onnx value_model.json
popular/      floor.arrow       region int32, category int32 (0: all), item_ids list<int64>, scores list<float32>:
                                public, non-sensitive items with their popularity, best first
training/     rows.parquet      point-in-time training rows: features and labels
vocabulary.json                 names behind region, language, category, surface and device codes
manifest.json report.json
manifest.sig              one line per key that signed manifest.json: see manifest_signature.py
"""

SHARD = "shards/{shard:05d}"
SHARD_ITEMS = "items.arrow"
SHARD_ITEM_ROWS = "item_rows.arrow"
SHARD_INDEX = "index.faiss"
SHARD_AUTHORS = "authors.arrow"
SHARD_CATEGORIES = "categories.arrow"
SHARD_POPULAR = "popular.arrow"
SHARD_INDEX_PARAMETERS = "index.json"
SHARD_TRUTH = "truth.arrow"
SHARD_FILES = (
    SHARD_ITEMS,
    SHARD_ITEM_ROWS,
    SHARD_INDEX,
    SHARD_INDEX_PARAMETERS,
    SHARD_AUTHORS,
    SHARD_CATEGORIES,
    SHARD_POPULAR,
    SHARD_TRUTH,
)
GRAPH = "graph"
GRAPH_PART = "graph/part-{part:05d}.arrow"
VIEWERS = "viewers/viewers.arrow"
CONTENT_ITEMS = "content/items.arrow"
CONTENT_AUTHORS = "content/authors.arrow"
VECTORS_ITEMS = "vectors/items.arrow"
VECTORS_GRAM = "vectors/gram.arrow"
VECTORS_MEANS = "vectors/means.arrow"
PRE_RANKER = "models/pre_ranker.onnx"
RANKER = "models/ranker.onnx"
VALUE_MODEL = "models/value_model.json"
POPULAR_FLOOR = "popular/floor.arrow"
TRAINING_ROWS = "training/rows.parquet"
VOCABULARY = "vocabulary.json"
MANIFEST = "manifest.json"
SIGNATURES = "manifest.sig"
REPORT = "report.json"
CURRENT = "CURRENT"

"""The options every RocksDB of ours is opened with."""

from rocksdict import BlockBasedOptions, Cache, DBCompressionType, Options

LOG_FILE_BYTES = 1 << 20


def raw_options(block_cache_bytes: int, *, create: bool) -> Options:
    """Raw mode always: the default mode unpickles values, so a directory would be code."""
    options = Options(raw_mode=True)
    options.create_if_missing(create)
    options.set_keep_log_file_num(2)
    options.set_max_log_file_size(LOG_FILE_BYTES)
    table = BlockBasedOptions()
    table.set_block_cache(Cache(block_cache_bytes))
    table.set_bloom_filter(10, False)
    options.set_block_based_table_factory(table)
    options.set_compression_type(DBCompressionType.lz4())
    return options

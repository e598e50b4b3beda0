"""Reads a recording with Polars. Usage: read_polars.py DIR FEED TABLE…"""

import sys

import polars as pl

from output import print_table

folder, feed, *tables = sys.argv[1:]
for table in tables:
    frame = pl.scan_parquet(f"{folder}/feed={feed}/date=*/{table}/*.parquet", hive_partitioning=False).collect()
    times = [name for name, dtype in frame.schema.items() if dtype == pl.Datetime("ns")]
    print_table(feed, table, frame.with_columns(pl.col(name).dt.epoch("ns") for name in times).to_dicts())

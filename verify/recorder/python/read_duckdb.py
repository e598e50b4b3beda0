"""Reads a recording with DuckDB. Usage: read_duckdb.py DIR FEED TABLE…"""

import sys

import duckdb

from output import print_table

folder, feed, *tables = sys.argv[1:]
for table in tables:
    source = f"read_parquet('{folder}/feed={feed}/date=*/{table}/*.parquet', hive_partitioning = false)"
    columns = duckdb.sql(f"describe from {source}").fetchall()
    times = [f"epoch_ns({name}) as {name}" for name, dtype, *_ in columns if dtype == "TIMESTAMP_NS"]
    result = duckdb.sql(f"select * replace ({', '.join(times)}) from {source}")
    print_table(feed, table, [dict(zip(result.columns, row)) for row in result.fetchall()])

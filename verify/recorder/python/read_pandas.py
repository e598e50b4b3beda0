"""Reads a recording with pandas and pyarrow. Usage: read_pandas.py DIR FEED TABLE…"""

import sys
from glob import glob

import pandas as pd
import pyarrow.parquet as pq

from output import print_table

folder, feed, *tables = sys.argv[1:]
for table in tables:
    files = sorted(glob(f"{folder}/feed={feed}/date=*/{table}/*.parquet"))
    metadata = [pq.read_metadata(file).metadata for file in files]
    assert all(each[b"time_zone"] == b"UTC" and each[b"feed"] == feed.encode() for each in metadata)

    # The types of Arrow, because NumPy's have no missing integers: a column with one becomes floats.
    frame = pd.concat(pd.read_parquet(file, dtype_backend="pyarrow", partitioning=None) for file in files)
    for name, dtype in frame.dtypes.items():
        if str(dtype).startswith("timestamp"):
            assert str(dtype) == "timestamp[ns][pyarrow]", dtype
            frame[name] = frame[name].astype("int64[pyarrow]")
    rows = [{name: None if value is pd.NA else value for name, value in row.items()} for row in frame.to_dict("records")]
    print_table(feed, table, rows)

"""Runs a rule's SQL on DuckDB, as a reader would run it in the database that has the rows.

    pip install duckdb
    askew rates --sql answers --rule betley | python3 tests/independent/sql.py ANSWERS.csv MODEL > table.csv

The table of answers is made from a CSV file with the columns question_id, aligned and coherent; every other column that
holds numbers can be named in a condition. The output is the aggregate table that the page and `askew rates` open.
"""

import csv
import sys

import duckdb

TEXTS = {"", "question", "answer", "response", "question_id", "model", "group", "judge_aligned", "judge_coherent"}
READ = "read_csv(?, header = true, all_varchar = true, quote = '\"', escape = '\"', parallel = false)"

path, model = sys.argv[1:]
sql = sys.stdin.read()
database = duckdb.connect()
database.execute(f"CREATE TABLE source AS SELECT * FROM {READ}", [path])
columns = [column[0] for column in database.execute("SELECT * FROM source LIMIT 0").description]
scores = ", ".join(f'TRY_CAST("{column}" AS DOUBLE) AS "{column}"' for column in columns if column not in TEXTS)
group = "coalesce(\"group\", '')" if "group" in columns else "''"
name, values = ("model", [path]) if "model" in columns else ("?", [path, model])
database.execute(
    f'CREATE TABLE answers AS SELECT ? AS file, {name} AS model, {group} AS "group", question_id, {scores} FROM source',
    values,
)
result = database.execute(sql)
writer = csv.writer(sys.stdout, lineterminator="\n")
writer.writerow(column[0] for column in result.description)
writer.writerows(result.fetchall())

"""Point-in-time training rows, the models trained on them, and the report on how good they are.

The build calls `spark_jobs.training.train.train_models(context, fit, settings)` after the
vectors of the generation are fitted; it writes models/, training/rows.parquet and report.json under
`context.workplace.output` and returns receipts like every job: `{"rows": {file: rows}, "quality":
{figure: value}}`.
"""

"""``tapeline archive``: months of a store as Parquet, recorded frames in blocks of zstd."""

import typer

from tapeline.apps.archive_parquet import klines_command, parquet_command
from tapeline.apps.archive_raw import cat_command, raw_command
from tapeline.apps.archive_stats import stats_command

archive_app = typer.Typer(
    help="Keep months of a store, and recorded frames, for ever.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
archive_app.command("parquet", short_help="A store's months as Parquet files.")(parquet_command)
archive_app.command("klines", short_help="Klines of an archive, of a minute or longer.")(
    klines_command
)
archive_app.command("raw", short_help="Recorded frames, packed.")(raw_command)
archive_app.command("cat", short_help="Print packed frames as the lines they were.")(cat_command)
archive_app.command("stats", short_help="What an archive holds, and how small it is.")(
    stats_command
)

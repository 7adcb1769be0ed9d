"""The HTTP interface: what stores keep, over the access layer, for people and dashboards."""

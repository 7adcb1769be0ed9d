"""What answers look like: the models the OpenAPI document is made of."""

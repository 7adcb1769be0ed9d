"""The routes: each asks the layers below and shapes what they say."""

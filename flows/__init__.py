"""When the work is done, how many at once, what is tried again. The only room that knows Prefect."""

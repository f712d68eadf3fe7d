"""Who gets what: a context per topic makes its use cases, puts them into the application, and runs
its loops. Nothing here decides anything."""

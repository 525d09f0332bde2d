"""How much the API takes in one call. The description of the API names the same numbers."""

#: Pages whose replies are counted by one call: as many as a front page lists.
MOST_PAGES = 100
#: Decisions in one call; a thousand of them fit into the largest body that is taken.
MOST_DECISIONS = 1_000
#: Comments on one page of the queue.
MOST_COMMENTS = 100
LONGEST_SEARCH = 200
LONGEST_REASON = 60
LONGEST_NOTE = 2_000
#: What a reader who reports a comment may add.
LONGEST_REPORT = 500
LONGEST_KEY = 255

"""Web chat: the channel a customer has open in the corner of a page.

Nouns: visitor (whoever holds a token of ours), session (the token renewed), chat (what a visitor may see: the messages of
the conversations of his thread), receipt, outlook (is anybody there, how long will it take).

Invariants
- A visitor is who the token says; the token is signed by us and bound to one channel. Nothing in a request can name
  another visitor, customer or conversation.
- Who is known by name is so because the page's owner signed it. Another name on the same browser is another visitor.
- What a visitor says goes through services.ingest like everything else; the client's own id makes a resend harmless.
- The socket and the REST fallback call the same functions; the socket adds only being told when to look.
"""

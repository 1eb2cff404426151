"""Knowledge: found, read, written in versions, published; and the page of one article that customers see."""

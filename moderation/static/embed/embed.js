import { CommentCount } from "./comment-count.js";
import { CommentThread } from "./comment-thread.js";

// A page may load the script twice, from two addresses.
if (!customElements.get("comment-thread")) {
  customElements.define("comment-thread", CommentThread);
  customElements.define("comment-count", CommentCount);
}

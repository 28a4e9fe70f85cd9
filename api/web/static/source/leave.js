/* "Leave now" takes the place of the page in the history of the tab, and empties it at once. Old engines read this too. */
document.querySelector(".leave").addEventListener("click", function (event) {
event.preventDefault();
document.body.hidden = true;
location.replace(this.href);
});

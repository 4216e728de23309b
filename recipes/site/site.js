// What scrolls can be reached by keyboard, and buttons of the theme have names.
addEventListener("DOMContentLoaded", () => {
  for (const box of document.querySelectorAll("pre, .table-wrapper, .sidebar-scroll, .toc-scroll")) {
    if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) box.tabIndex = 0;
  }
  for (const label of document.querySelectorAll("label.overlay")) label.setAttribute("aria-hidden", "true");
});

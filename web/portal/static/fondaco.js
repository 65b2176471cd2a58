// What the portal does better with JavaScript: keys, copy buttons, dialogs,
// secrets shown in place, the theme. Every one has a way without it.
(function () {
  "use strict";
  var doc = document;

  function closest(event, selector) {
    return event.target instanceof Element ? event.target.closest(selector) : null;
  }

  // Copy buttons are hidden until a script can serve them.
  function enhance(root) {
    root.querySelectorAll("[data-copy][hidden], [data-dismiss][hidden]").forEach(function (b) {
      b.hidden = false;
    });
    // With htmx a choice takes effect when it is made: no button needed.
    if (window.htmx) root.querySelectorAll("[data-plain]").forEach(function (b) { b.hidden = true; });
  }

  function say(text) {
    var area = doc.querySelector("[data-toasts]");
    if (!area) return;
    var line = doc.createElement("p");
    line.className = "sr";
    line.textContent = text;
    area.append(line);
    setTimeout(function () { line.remove(); }, 4000);
  }

  function copy(button) {
    var box = button.closest(".code, .secret");
    var source = box && box.querySelector("pre code, [data-copy-text]");
    if (!source || !navigator.clipboard) return;
    navigator.clipboard.writeText(source.textContent).then(function () {
      var word = button.querySelector("span");
      var before = word.textContent;
      word.textContent = button.dataset.done || "Copied";
      say(word.textContent);
      setTimeout(function () { word.textContent = before; }, 1600);
    });
  }

  // Replaces one element of this page by the same element of the answer; when
  // anything is odd, the browser goes there as it would have without a script.
  function swap(id, url, options, fallback) {
    fetch(url, options)
      .then(function (r) {
        if (!r.ok) throw new Error(String(r.status));
        return r.text();
      })
      .then(function (html) {
        var next = new DOMParser().parseFromString(html, "text/html").getElementById(id);
        var old = doc.getElementById(id);
        if (!next || !old) throw new Error("missing " + id);
        old.replaceWith(next);
        enhance(next);
        var focus = next.querySelector("button, a");
        if (focus) focus.focus();
      })
      .catch(fallback);
  }

  function applyTheme(button) {
    var root = doc.documentElement;
    var dark = getComputedStyle(root).colorScheme.trim() === "dark" ||
      (!root.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
    var theme = dark ? "light" : "dark";
    root.dataset.theme = theme;
    button.value = dark ? "dark" : "light";
    doc.cookie = "theme=" + theme + ";path=/;max-age=31536000;samesite=lax" +
      (location.protocol === "https:" ? ";secure" : "");
  }

  doc.addEventListener("click", function (event) {
    var el;
    if ((el = closest(event, "[data-copy]"))) return copy(el);
    if ((el = closest(event, "[data-dismiss]"))) return el.closest(".toast").remove();
    if ((el = closest(event, "a[data-dialog]"))) {
      var dialog = doc.getElementById(el.dataset.dialog);
      if (dialog && dialog.showModal && !event.metaKey && !event.ctrlKey) {
        event.preventDefault();
        dialog.showModal();
      }
      return;
    }
    if ((el = closest(event, "dialog [data-close]"))) {
      event.preventDefault();
      return el.closest("dialog").close();
    }
    if ((el = closest(event, "a[data-swap]")) && !event.metaKey && !event.ctrlKey) {
      event.preventDefault();
      return swap(el.dataset.swap, el.href, {}, function () { location.assign(el.href); });
    }
    doc.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  doc.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.matches("[data-theme-form]")) {
      event.preventDefault();
      return applyTheme(form.querySelector("button"));
    }
    if (form.matches("form[data-swap]")) {
      event.preventDefault();
      var options = { method: "POST", body: new URLSearchParams(new FormData(form)) };
      swap(form.dataset.swap, form.action, options, function () { form.submit(); });
    }
  });

  // Filters apply when a choice is made; the button stays for everybody else.
  doc.addEventListener("change", function (event) {
    var form = closest(event, "form[data-auto]");
    if (form && event.target.matches("select, input[type=checkbox], input[type=date]")) form.requestSubmit();
  });

  doc.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      doc.querySelectorAll("details.menu[open]").forEach(function (menu) { menu.open = false; });
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable]")) return;
    if (event.key === "/") {
      var search = doc.querySelector("[data-search]");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    } else if (event.key === "?") {
      var keys = doc.getElementById("keys");
      if (keys && keys.showModal && !keys.open) keys.showModal();
    }
  });

  // htmx sends the same token that forms carry, and what it brings gets its buttons.
  doc.addEventListener("htmx:configRequest", function (event) {
    var token = doc.body.dataset.csrf;
    if (token) event.detail.headers["X-CSRF-Token"] = token;
  });
  doc.addEventListener("htmx:afterSwap", function (event) { enhance(event.target); });
  doc.addEventListener("htmx:oobAfterSwap", function () { enhance(doc); });

  enhance(doc);
  // Good news goes by itself; bad news waits to be read.
  doc.querySelectorAll("[data-toasts] .tone-good").forEach(function (toast) {
    setTimeout(function () { if (!toast.matches(":hover, :focus-within")) toast.remove(); }, 8000);
  });
  var errors = doc.getElementById("errors");
  if (errors) errors.focus();
})();

'use strict';
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector, within = document) => within.querySelector(selector);
  const fold = text => text.normalize('NFD').replace(/[\u0300-\u036f]/g, '').toLowerCase();
  const number = value => value.toLocaleString(document.documentElement.lang === 'es' ? 'es-CO' : 'en-GB');
  const fill = (sentence, facts) => sentence.replace(/{(\w+)}/g, (_, name) => facts[name]);
  const live = document.documentElement.hasAttribute('data-live');
  const EVERY_MS = Number(document.documentElement.dataset.live) * 1000;

  // what a reader chose is in the address, so that a link shows another reader the same
  const chosen = () => new URLSearchParams(location.hash.slice(1));
  const choose = changes => {
    const now = chosen();
    for (const [name, value] of Object.entries(changes)) value ? now.set(name, value) : now.delete(name);
    history.replaceState(null, '', '#' + now);
  };

  const filter = () => {
    const now = chosen();
    const words = fold(now.get('q') ?? '').split(/\s+/).filter(Boolean);
    const statuses = (now.get('status') ?? '').split(',').filter(Boolean);
    const team = now.get('team') ?? '';
    for (const table of all('table[data-filtered]')) {
      let shown = 0;
      const rows = all('tbody tr', table);
      for (const row of rows) {
        const {text, status} = row.dataset;
        row.hidden = !words.every(word => text.includes(word)) || (team && row.dataset.team !== team)
          || (statuses.length && status && !statuses.includes(status));
        shown += !row.hidden;
      }
      const box = table.closest('.table');
      const said = one('.count', box);
      const sentence = fill(said.dataset.sentence, {shown: number(shown), all: number(Number(said.dataset.all))});
      if (said.textContent !== sentence) said.textContent = sentence;
      said.dataset.shown = shown;
      one('.scroll', box).hidden = !shown;
      one('.nobody', box).hidden = shown > 0 || !rows.length;
    }
    for (const chip of all('.chip[data-status]')) {
      chip.setAttribute('aria-pressed', statuses.includes(chip.dataset.status));
    }
    const search = one('#search'), teams = one('#team');
    if (search && search !== document.activeElement) search.value = now.get('q') ?? '';
    if (teams) teams.value = team;
    const clear = one('#clear');
    if (clear) clear.hidden = !(words.length || statuses.length || team);
  };

  const worth = cell => {
    const value = cell?.dataset.value ?? cell?.textContent.trim() ?? '';
    return value !== '' && !isNaN(value) ? Number(value) : value;
  };
  const order = (first, second) => {
    // what has no value stands last, whichever way the column is sorted
    if (first === '' || second === '') return first === '' ? (second === '' ? 0 : Infinity) : -Infinity;
    return typeof first === 'number' && typeof second === 'number'
      ? first - second : String(first).localeCompare(String(second), document.documentElement.lang);
  };
  const sort = () => {
    for (const asked of (chosen().get('sort') ?? '').split('~')) {
      const [name, column, way] = asked.split('.');
      const table = name && document.getElementById(`table-${name}`);
      if (!table?.tHead?.rows[0].cells[column]) continue;
      const sign = way === 'desc' ? -1 : 1;
      const rows = all('tbody tr', table).map(row => [worth(row.cells[column]), row]);
      rows.sort(([a], [b]) => { const by = order(a, b); return Math.abs(by) === Infinity ? by : sign * by; });
      table.tBodies[0].append(...rows.map(([, row]) => row));
      [...table.tHead.rows[0].cells].forEach((cell, place) => {
        cell.setAttribute('aria-sort', place !== Number(column) ? 'none' : sign < 0 ? 'descending' : 'ascending');
      });
    }
  };
  const sortBy = button => {
    const cell = button.closest('th'), table = button.closest('table'), name = table.id.replace('table-', '');
    const way = cell.getAttribute('aria-sort') === 'ascending' ? 'desc' : 'asc';
    const others = (chosen().get('sort') ?? '').split('~').filter(each => each && !each.startsWith(`${name}.`));
    choose({sort: [...others, `${name}.${cell.cellIndex}.${way}`].join('~')});
    sort();
  };

  const written = cell => {
    const copy = cell.cloneNode(true);
    all('.narrow, .unseen', copy).forEach(each => each.remove());
    const text = (cell.dataset.csv ?? copy.innerText ?? copy.textContent).replace(/\s+/g, ' ').trim();
    const plain = document.documentElement.lang === 'es' && /^-?\d+\.\d+$/.test(text) ? text.replace('.', ',') : text;
    // a spreadsheet would run what begins like a formula
    const safe = /^[=+@\t]|^-(?!\d|$)/.test(plain) ? `'${plain}` : plain;
    return `"${safe.replaceAll('"', '""')}"`;
  };
  const takeAway = table => {
    // Excel expects the separator and the decimal sign of its reader's language
    const separator = document.documentElement.lang === 'es' ? ';' : ',';
    const rows = [table.tHead.rows[0], ...all('tbody tr', table).filter(row => !row.hidden)];
    const lines = rows.map(row => [...row.cells].map(written).join(separator));
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob(['\ufeff' + lines.join('\r\n') + '\r\n'], {type: 'text/csv'}));
    link.download = table.dataset.file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  const dialog = () => one('#agent');
  let opener = null;
  const show = async key => {
    const box = dialog();
    if (!key) return box?.open && box.close();
    let html = document.getElementById(`agent-${key}`)?.innerHTML;
    if (live) {
      const asked = new URLSearchParams(location.search);
      asked.set('key', key);
      asked.set('lang', document.documentElement.lang);
      asked.set('part', '1');
      const answer = await fetch(`agent?${asked}`).catch(() => null);
      html = answer?.ok ? await answer.text() : null;
    }
    if (!html || chosen().get('agent') !== key) return;
    const body = one('.body', box);
    if (body.dataset.html !== html) {
      body.innerHTML = html;
      body.dataset.html = html;
      sort();
    }
    if (!box.open) box.showModal();
  };

  const regions = new Map();
  const remember = () => all('[data-region]').forEach(each => regions.set(each.id, each.innerHTML));
  const put = fresh => {
    const old = document.getElementById(fresh.id);
    if (!old || regions.get(fresh.id) === fresh.innerHTML) return;
    regions.set(fresh.id, fresh.innerHTML);
    const scrolled = all('.scroll', old).map(each => [each.scrollTop, each.scrollLeft]);
    const opened = all('details', old).map(each => each.open);
    const focus = old.contains(document.activeElement) ? document.activeElement.id : '';
    old.replaceChildren(...fresh.childNodes);
    all('details', old).forEach((each, place) => { each.open = opened[place] ?? false; });
    arrange();
    all('.scroll', old).forEach((each, place) => { [each.scrollTop, each.scrollLeft] = scrolled[place] ?? [0, 0]; });
    if (focus) document.getElementById(focus)?.focus({preventScroll: true});
  };
  const refresh = async () => {
    const answer = await fetch(location.pathname + location.search).catch(() => null);
    const note = one('#unrefreshed');
    if (note) note.hidden = Boolean(answer?.ok);
    if (!answer?.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const [left, top] = [scrollX, scrollY];
    all('[data-region]', fresh).forEach(put);
    scrollTo(left, top);
    const open = chosen().get('agent');
    if (open) await show(open);
  };

  const speak = language => {
    const template = document.getElementById(`page-${language}`), page = one('#page');
    if (!template) return;
    const kept = document.createElement('template');
    kept.id = `page-${document.documentElement.lang}`;
    kept.content.append(...page.childNodes);
    page.append(...template.content.childNodes);
    template.replaceWith(kept);
    document.documentElement.lang = language;
    document.title = one('h1').textContent;
    arrange();
  };

  const arrange = () => { sort(); filter(); };

  const actions = {
    sort: button => sortBy(button),
    csv: button => takeAway(document.getElementById(button.dataset.csv)),
    chip: button => {
      const statuses = new Set((chosen().get('status') ?? '').split(',').filter(Boolean));
      statuses.delete(button.dataset.status) || statuses.add(button.dataset.status);
      choose({status: [...statuses].join(',')});
      filter();
    },
    clear: () => {
      choose({q: '', status: '', team: ''});
      one('#search').value = '';
      filter();
      one('#search').focus();
    },
    person: link => {
      opener = link.id;
      choose({agent: link.dataset.agent});
      show(link.dataset.agent);
    },
    close: () => dialog().close(),
    goto: link => {
      const target = one(link.getAttribute('href'));
      target.scrollIntoView();
      target.focus({preventScroll: true});
    },
    language: link => {
      choose({lang: link.lang});
      if (live) location.assign(link.href + location.hash);
      else speak(link.lang);
    },
  };
  document.addEventListener('click', event => {
    const target = event.target.closest('[data-do]');
    if (!target || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    actions[target.dataset.do](target);
  });
  document.addEventListener('input', event => {
    if (event.target.id !== 'search') return;
    choose({q: event.target.value.trim()});
    filter();
  });
  document.addEventListener('change', event => {
    if (event.target.id === 'team') {
      choose({team: event.target.value});
      filter();
    } else if (event.target.form?.id === 'pick') {
      const asked = [...new FormData(event.target.form)].filter(([, value]) => value);
      location.assign('?' + new URLSearchParams(asked) + location.hash);
    }
  });
  document.addEventListener('keydown', event => {
    if (event.key !== '/' || event.target.matches('input, select, textarea') || dialog()?.open) return;
    event.preventDefault();
    one('#search')?.focus();
  });
  document.addEventListener('close', event => {
    if (event.target.id !== 'agent') return;
    choose({agent: ''});
    document.getElementById(opener)?.focus({preventScroll: true});
  }, true);

  const tip = document.createElement('div');
  tip.className = 'tip';
  tip.setAttribute('aria-hidden', 'true');
  const point = event => {
    const target = event.target.closest?.('[data-tip]');
    if (!target) return tip.remove();
    tip.textContent = target.dataset.tip;
    // what a modal dialog covers cannot lie over it
    (dialog()?.open ? dialog() : document.body).append(tip);
    const {width, height} = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(event.clientX + 12, innerWidth - width - 8))}px`;
    tip.style.top = `${event.clientY > height + 16 ? event.clientY - height - 10 : event.clientY + 16}px`;
  };
  document.addEventListener('pointermove', point);
  document.addEventListener('pointerdown', point);
  document.addEventListener('scroll', () => tip.remove(), true);

  const begin = () => {
    document.documentElement.classList.add('script');
    remember();
    if (!live) {
      const wanted = [chosen().get('lang'), ...navigator.languages].filter(Boolean).map(each => each.slice(0, 2));
      const language = wanted.find(each => each === document.documentElement.lang || document.getElementById(`page-${each}`));
      if (language && language !== document.documentElement.lang) speak(language);
    }
    arrange();
    show(chosen().get('agent'));
    document.documentElement.classList.add('ready');
    if (live) {
      setInterval(() => document.hidden || refresh(), EVERY_MS);
      document.addEventListener('visibilitychange', () => document.hidden || refresh());
      document.addEventListener('refresh', refresh);
    }
  };
  addEventListener('hashchange', () => { arrange(); show(chosen().get('agent')); });
  document.readyState === 'loading' ? document.addEventListener('DOMContentLoaded', begin) : begin();
})();

/** Whether a text says a phrase and means it: in lower case, with single spaces; see `turned`. */
export function says(text, phrase, turned) {
  if (!turned || !text.includes(phrase)) return text.includes(phrase);
  const { before, after, ends } = turned;
  if ([...before, ...after].some((one) => ` ${phrase} `.includes(one))) return true;
  const parts = ends.reduce((cut, end) => cut.flatMap((part) => part.split(end)), [text]);
  return parts.map((part) => ` ${part.trim()} `).some((part) => {
    for (let at = part.indexOf(phrase); at >= 0; at = part.indexOf(phrase, at + 1)) {
      const [first, rest] = [part.slice(0, at), part.slice(at + phrase.length)];
      if (!before.some((one) => first.includes(one))
        && !after.some((one) => rest.includes(one))) return true;
    }
    return false;
  });
}

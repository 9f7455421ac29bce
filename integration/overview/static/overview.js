// Draws the pictures beside the tables, which say the same: without this script nothing is lost.
"use strict";
{
  const said = document.getElementById("pictures");
  const pictures = said ? JSON.parse(said.textContent) : [];
  const drawn = [];
  const LABEL = 14; // letters of a line

  // The second bars are told apart by their stripes as well as by their colour.
  const striped = (color, page) => {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const pen = tile.getContext("2d");
    pen.fillStyle = page;
    pen.fillRect(0, 0, 8, 8);
    pen.strokeStyle = color;
    pen.lineWidth = 2;
    for (const x of [-8, 0, 8]) {
      pen.beginPath();
      pen.moveTo(x, 8);
      pen.lineTo(x + 8, 0);
      pen.stroke();
    }
    return pen.createPattern(tile, "repeat");
  };

  // A long label stands in lines, so that bars have room on a phone.
  const inLines = (label) => {
    const lines = [""];
    for (const word of label.split(" ")) {
      const longer = `${lines.at(-1)} ${word}`.trim();
      if (lines.at(-1) && longer.length > LABEL) lines.push(word);
      else lines[lines.length - 1] = longer;
    }
    return lines;
  };

  const draw = (picture) => {
    const canvas = document.getElementById(`picture-${picture.key}`);
    if (!canvas) return;
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue(name).trim();
    const letters = parseFloat(getComputedStyle(document.body).fontSize) * 0.85;
    const box = canvas.parentElement;
    box.hidden = false;
    const labels = picture.labels.map(inLines);
    const lines = Math.max(...labels.map((one) => one.length), picture.bars.length * 1.15);
    // The room for bars and labels grows with the letters.
    box.style.height = `${(labels.length * (lines * 1.3 + 0.4) + 5) * letters}px`;
    const fills = [color("--main"), striped(color("--todo"), color("--card"))];
    drawn.push(new Chart(canvas, {
      type: "bar",
      data: {
        labels,
        datasets: picture.bars.map((bar, n) => ({
          label: bar.name,
          data: bar.values,
          backgroundColor: fills[n],
          borderColor: color(n ? "--todo" : "--main"),
          borderWidth: 1,
          maxBarThickness: letters * 1.4,
        })),
      },
      options: {
        indexAxis: "y",
        animation: false,
        events: [],
        maintainAspectRatio: false,
        scales: {
          x: {
            beginAtZero: true,
            ticks: { precision: 0, color: color("--dim"), font: { size: letters } },
            grid: { color: color("--line") },
          },
          y: {
            ticks: { autoSkip: false, color: color("--ink"), font: { size: letters } },
            grid: { display: false },
          },
        },
        plugins: {
          tooltip: { enabled: false },
          legend: {
            display: picture.bars.length > 1,
            labels: { color: color("--ink"), font: { size: letters }, boxHeight: letters * 0.8 },
          },
        },
      },
    }));
  };

  const drawAll = () => {
    if (typeof Chart === "function") Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    for (const one of drawn.splice(0)) one.destroy();
    if (typeof Chart === "function") pictures.forEach(draw);
  };
  drawAll();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);

  // Whoever fills in a day means days of their own.
  for (const name of ["from", "to"]) {
    document.getElementById(name)?.addEventListener("input", () => {
      document.getElementById("period-custom").checked = true;
    });
  }
}

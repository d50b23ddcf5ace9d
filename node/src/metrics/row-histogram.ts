// A histogram by topic that counts many rows of one value in one step. The library's own takes values one by one and
// looks each up by a text made of its labels, which at ten thousands of rows a second is a measurable part of a node's
// CPU. This one stands in the library's registry like any other and is rendered by it.

import type { Histogram, Registry } from "prom-client";

interface Series {
  /** Rows by bucket, each counted once; the last is beyond all bounds. */
  readonly counts: number[];
  sum: number;
}

interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly metricName: string;
  readonly value: number;
}

export class RowHistogram {
  readonly name: string;
  private readonly help: string;
  private readonly bounds: readonly number[];
  private readonly byTopic = new Map<string, Series>();

  constructor(name: string, help: string, bounds: readonly number[], registry: Registry) {
    this.name = name;
    this.help = help;
    this.bounds = bounds;
    // The registry asks a metric for its name and for `get` only; its type names the library's own classes.
    registry.registerMetric(this as unknown as Histogram);
  }

  observe(topic: string, value: number, rows = 1): void {
    let series = this.byTopic.get(topic);
    if (series === undefined) {
      series = { counts: new Array<number>(this.bounds.length + 1).fill(0), sum: 0 };
      this.byTopic.set(topic, series);
    }
    let bucket = 0;
    while (bucket < this.bounds.length && value > (this.bounds[bucket] ?? 0)) bucket += 1;
    series.counts[bucket] = (series.counts[bucket] ?? 0) + rows;
    series.sum += value * rows;
  }

  remove(topic: string): void {
    this.byTopic.delete(topic);
  }

  /** As the library's histograms tell it: buckets hold what the smaller ones hold, too. */
  get(): Promise<{ name: string; help: string; type: "histogram"; values: readonly Sample[] }> {
    const { name, help } = this;
    const values = [...this.byTopic].flatMap(([topic, series]) => this.samples(topic, series));
    return Promise.resolve({ name, help, type: "histogram", values });
  }

  private samples(topic: string, { counts, sum }: Series): readonly Sample[] {
    const metricName = `${this.name}_bucket`;
    let value = 0;
    const buckets = counts.map((rows, i): Sample => {
      value += rows;
      return { metricName, labels: { le: this.bounds[i] ?? "+Inf", topic }, value };
    });
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels: { topic }, value: sum },
      { metricName: `${this.name}_count`, labels: { topic }, value },
    ];
  }
}

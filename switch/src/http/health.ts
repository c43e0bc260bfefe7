import type { Express, Request, Response } from 'express';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Served } from './serve.ts';

/** What machines that watch the switch can ask. */
export interface Health {
  /** Notes a served request. */
  note(served: Served): void;
  /** Adds a figure that is read when it is asked for. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void;
  /** Mounts /health/live, /health/ready and /metrics. */
  mount(app: Express): void;
  stop(): void;
}

/** `isReady` rejects when the switch cannot serve now. */
export function createHealth(options: { readonly isReady: () => Promise<void> }): Health {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'barlink_requests_total',
    help: 'Requests served, by path, status and error code',
    labelNames: ['method', 'path', 'status', 'code'],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'barlink_request_seconds',
    help: 'Time from request to answer',
    labelNames: ['path'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  return {
    note({ method, path, status, code, durationMs }) {
      requests.inc({ method, path, status, code: code ?? '' });
      durations.observe({ path }, durationMs / 1000);
    },
    gauge(name, help, read) {
      registry.registerMetric(
        new Gauge({
          name,
          help,
          registers: [],
          async collect() {
            this.set(await read());
          },
        }),
      );
    },
    mount(app) {
      app.get('/health/live', (_request: Request, response: Response) => {
        response.json({ status: 'live' });
      });
      app.get('/health/ready', async (_request: Request, response: Response) => {
        const isReady = await options.isReady().then(
          () => true,
          () => false,
        );
        response.status(isReady ? 200 : 503).json({ status: isReady ? 'ready' : 'unavailable' });
      });
      app.get('/metrics', async (_request: Request, response: Response) => {
        response.type('text/plain; version=0.0.4').send(await registry.metrics());
      });
    },
    stop: () => registry.clear(),
  };
}

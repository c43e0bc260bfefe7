export type { Delivery, Notification } from './notification.ts';
export { createNotificationService, type NotificationService } from './service.ts';
export { createOutboxStore } from './store.ts';

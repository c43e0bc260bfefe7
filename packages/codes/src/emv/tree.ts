import {
  type DataObject,
  findObject,
  firstId,
  idNumber,
  type PrimitiveObject,
  readValueObjects,
  writeObjects,
} from './objects.ts';

/** The text of an object: its value, or its objects written out. */
export function textOf(object: DataObject): string {
  return 'objects' in object ? writeObjects(object.objects) : object.value;
}

/** The GUI of a template: its object 00. */
export function guiOf(object: DataObject): string | undefined {
  if (!('objects' in object)) return undefined;
  const first = findObject(object.objects, '00');
  return first && 'value' in first ? first.value : undefined;
}

/** The objects inside an object, or none when its value is not made of objects. */
export function objectsOf(object: DataObject): readonly DataObject[] {
  return 'objects' in object ? object.objects : (readValueObjects(object.value, object.id) ?? []);
}

/** The text at a path of ids (`62.05`), read through as many levels as the path has. */
export function findText(objects: readonly DataObject[], path: string): string | undefined {
  if (path.length === 2) {
    const object = findObject(objects, path);
    return object && textOf(object);
  }
  const object = findObject(objects, path.slice(0, 2));
  return object && findText(objectsOf(object), path.slice(3));
}

/** A tree being edited in place. */
export type EditableObject = PrimitiveObject | { readonly id: string; readonly objects: EditableObject[] };

/** A copy that may be edited; values are shared. */
export function editableCopy(objects: readonly DataObject[]): EditableObject[] {
  return objects.map((object) =>
    'objects' in object ? { id: object.id, objects: editableCopy(object.objects) } : object,
  );
}

/** Sets the text at a path, or takes it away when `text` is undefined; all else stays as it was. */
export function putText(objects: EditableObject[], path: string, text: string | undefined): void {
  const id = firstId(path);
  if (path.length === 2) {
    if (text === undefined) dropObject(objects, id);
    else putObject(objects, { id, value: text });
    return;
  }
  const parent = findObject(objects, id);
  if (!parent && text === undefined) return;
  if (parent && 'objects' in parent) {
    const inner = parent.objects as EditableObject[];
    putText(inner, path.slice(3), text);
    if (inner.length === 0) dropObject(objects, id);
    return;
  }
  const inner = parent ? editableCopy(objectsOf(parent)) : [];
  putText(inner, path.slice(3), text);
  if (inner.length === 0) dropObject(objects, id);
  else putObject(objects, { id, objects: inner });
}

/** Replaces the object of the same id, or puts a new one where its id belongs: ascending, the CRC last. */
export function putObject(objects: EditableObject[], object: EditableObject): void {
  const same = objects.findIndex(({ id }) => id === object.id);
  const behind = objects.findIndex(({ id }) => placeOf(id) > placeOf(object.id));
  if (same >= 0) objects[same] = object;
  else objects.splice(behind < 0 ? objects.length : behind, 0, object);
}

/** Ascending ids, the CRC behind all. */
function placeOf(id: string): number {
  return id === '63' ? 100 : idNumber(id);
}

/** Takes the object of this id away. */
export function dropObject(objects: EditableObject[], id: string): void {
  const at = objects.findIndex((object) => object.id === id);
  if (at >= 0) objects.splice(at, 1);
}

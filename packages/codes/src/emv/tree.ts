import { type DataObject, readValueObjects, writeObjects } from './objects.ts';

/** The object with this id, if the level holds one. */
export function findObject(objects: readonly DataObject[], id: string): DataObject | undefined {
  for (const object of objects) if (object.id === id) return object;
  return undefined;
}

/** The text of an object: its value, or its objects written out. */
export function textOf(object: DataObject): string {
  return 'objects' in object ? writeObjects(object.objects) : object.value;
}

/** The objects inside an object, or none when its value is not made of objects. */
export function objectsOf(object: DataObject): readonly DataObject[] {
  return 'objects' in object ? object.objects : (readValueObjects(object.value, `${object.id}.`) ?? []);
}

/** The text at a path of ids (`62.05`), read through as many levels as the path has. */
export function findText(objects: readonly DataObject[], path: string): string | undefined {
  const object = findObject(objects, path.slice(0, 2));
  if (!object) return undefined;
  return path.length === 2 ? textOf(object) : findText(objectsOf(object), path.slice(3));
}

/** A copy with the text at a path set, or taken away when `text` is undefined; all else stays as it was. */
export function withText(
  objects: readonly DataObject[],
  path: string,
  text: string | undefined,
): readonly DataObject[] {
  const id = path.slice(0, 2);
  if (path.length === 2) {
    return text === undefined ? withoutObject(objects, id) : withObject(objects, { id, value: text });
  }
  const parent = findObject(objects, id);
  if (!parent && text === undefined) return objects;
  const inner = withText(parent ? objectsOf(parent) : [], path.slice(3), text);
  return inner.length === 0 ? withoutObject(objects, id) : withObject(objects, { id, objects: inner });
}

/** A copy with one object replaced in its place, or put where its id belongs: ascending, the CRC last. */
export function withObject(objects: readonly DataObject[], object: DataObject): readonly DataObject[] {
  if (findObject(objects, object.id)) {
    return objects.map((other) => (other.id === object.id ? object : other));
  }
  const after = objects.findIndex(
    (other) => other.id === '63' || (other.id > object.id && object.id !== '63'),
  );
  return after < 0 ? [...objects, object] : [...objects.slice(0, after), object, ...objects.slice(after)];
}

/** A copy without the object of this id. */
export function withoutObject(objects: readonly DataObject[], id: string): readonly DataObject[] {
  return objects.filter((object) => object.id !== id);
}

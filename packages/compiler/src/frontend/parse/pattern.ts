// Names that a declaration or parameter binds.

import ts from 'typescript';
import type { Pattern, PatternField } from '../syntax/statement.ts';
import type { Binder } from './binder.ts';
import { nameOf, readExpression } from './expression.ts';
import { type Reader, refuse, spanOf } from './reader.ts';
import { refuseSyntax } from './refusal.ts';

/** Declares all names of a pattern before anything of the block is read. */
export function declareNames(binder: Binder, name: ts.BindingName, constant: boolean): void {
  if (ts.isIdentifier(name)) {
    binder.declare(name.text, name.getEnd(), constant);
    return;
  }
  for (const element of name.elements) {
    if (ts.isBindingElement(element)) declareNames(binder, element.name, constant);
  }
}

export function readPattern(reader: Reader, name: ts.BindingName, constant: boolean): Pattern {
  const span = spanOf(reader, name);
  if (ts.isIdentifier(name)) {
    if (reader.binder === undefined) return refuse(reader, name, 'TP1021', 'a pattern');
    return { ...span, kind: 'name', declaration: reader.binder.declare(name.text, name.getEnd(), constant) };
  }
  if (ts.isArrayBindingPattern(name)) return refuseSyntax(reader, name);
  return { ...span, kind: 'fields', fields: name.elements.map((element) => readField(reader, element, constant)) };
}

function readField(reader: Reader, element: ts.BindingElement, constant: boolean): PatternField {
  const span = spanOf(reader, element);
  const name = nameOf(element.propertyName ?? element.name);
  const byDefault = element.initializer === undefined ? undefined : readExpression(reader, element.initializer);
  if (element.dotDotDotToken !== undefined || name === undefined) {
    const code = name === undefined ? 'TP1026' : 'TP1024';
    return { ...span, name: name ?? '', pattern: refuse(reader, element, code), byDefault };
  }
  return { ...span, name, pattern: readPattern(reader, element.name, constant), byDefault };
}

/* The other end of RFC 5261 for the tests: applies operations to a document, with libxml2's tree and its XPath, and as
 * strictly as the RFC is: a path must select one node, no more and no less. SPDX-License-Identifier: MIT */
#pragma once

#include "base/slice.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What stands for the diff's default namespace, as XPath 1.0 has none. */
#define XML_PATCH_DEFAULT "default-of-the-diff"

static inline xmlDocPtr xml_patch_read(struct slice text)
{
	return xmlReadMemory(text.at, (int)text.length, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR);
}

/* RFC 5261 §4.2.2: names of elements without a prefix are in the default namespace of the diff. */
static inline bool xml_patch_rewrite(const char *selector, char *path, size_t size)
{
	size_t length = 0;
	char quote = '\0', before = '/';
	if (selector[0] != '/')
		path[length++] = '/';
	for (const char *at = selector; *at; before = *at++) {
		if (length + strlen(XML_PATCH_DEFAULT) + 2 >= size)
			return false;
		if (quote) {
			quote = *at == quote ? '\0' : quote;
		} else if (*at == '\'' || *at == '"') {
			quote = *at;
		} else if (before == '/' && *at != '/' && *at != '*' && *at != '@') {
			size_t name = strcspn(at, ":/[(");
			if (at[name] != ':' && at[name] != '(')
				length += (size_t)snprintf(path + length, size - length, "%s:", XML_PATCH_DEFAULT);
		}
		path[length++] = *at;
	}
	path[length] = '\0';
	return !quote;
}

static inline void xml_patch_register(xmlXPathContextPtr context, xmlNodePtr operation)
{
	xmlNsPtr *spaces = xmlGetNsList(operation->doc, operation);
	for (size_t i = 0; spaces && spaces[i]; i++)
		(void)xmlXPathRegisterNs(context, spaces[i]->prefix ? spaces[i]->prefix : BAD_CAST XML_PATCH_DEFAULT,
					 spaces[i]->href);
	xmlFree(spaces);
}

static inline xmlNodePtr xml_patch_find(xmlDocPtr document, xmlNodePtr operation)
{
	char path[8192];
	xmlNodePtr found = NULL;
	xmlChar *selector = xmlGetNoNsProp(operation, BAD_CAST "sel");
	xmlXPathContextPtr context = xmlXPathNewContext(document);
	if (selector && context && xml_patch_rewrite((const char *)selector, path, sizeof(path))) {
		xml_patch_register(context, operation);
		xmlXPathObjectPtr result = xmlXPathEvalExpression(BAD_CAST path, context);
		if (result && result->nodesetval && result->nodesetval->nodeNr == 1)
			found = result->nodesetval->nodeTab[0];
		xmlXPathFreeObject(result);
	}
	xmlXPathFreeContext(context);
	xmlFree(selector);
	return found;
}

/* The namespace that a name's prefix has at the operation, declared where the attribute will be. */
static inline bool xml_patch_set(xmlNodePtr operation, xmlNodePtr element, const xmlChar *name, const xmlChar *value)
{
	const xmlChar *colon = xmlStrchr(name, ':');
	if (!colon)
		return xmlSetProp(element, name, value) != NULL;
	xmlChar *prefix = xmlStrndup(name, (int)(colon - name));
	xmlNsPtr meant = xmlSearchNs(operation->doc, operation, prefix);
	xmlNsPtr space = meant ? xmlSearchNsByHref(element->doc, element, meant->href) : NULL;
	if (meant && (!space || !space->prefix))
		space = xmlNewNs(element, meant->href, BAD_CAST "made-by-the-patch");
	xmlFree(prefix);
	return space && xmlSetNsProp(element, space, colon + 1, value);
}

/* Copies of what is in the operation, in order: before `next`, or at the end of `parent`. */
static inline bool xml_patch_insert(xmlNodePtr operation, xmlNodePtr parent, xmlNodePtr next)
{
	for (xmlNodePtr child = operation->children; child; child = child->next) {
		xmlNodePtr copy = xmlDocCopyNode(child, parent->doc, 1);
		if (!copy || !(next ? xmlAddPrevSibling(next, copy) : xmlAddChild(parent, copy)))
			return false;
		if (child->type == XML_ELEMENT_NODE && xmlReconciliateNs(parent->doc, copy) < 0)
			return false;
	}
	return true;
}

static inline bool xml_patch_add(xmlNodePtr operation, xmlNodePtr at)
{
	xmlChar *type = xmlGetNoNsProp(operation, BAD_CAST "type");
	xmlChar *pos = xmlGetNoNsProp(operation, BAD_CAST "pos");
	bool good = false;
	if (type) {
		xmlChar *value = xmlNodeGetContent(operation);
		xmlChar *had = type[0] == '@' && !xmlStrchr(type, ':') ? xmlGetNoNsProp(at, type + 1) : NULL;
		good = type[0] == '@' && !had && xml_patch_set(operation, at, type + 1, value);
		xmlFree(value);
		xmlFree(had);
	} else if (!pos) {
		good = at->type == XML_ELEMENT_NODE && xml_patch_insert(operation, at, NULL);
	} else if (xmlStrEqual(pos, BAD_CAST "prepend")) {
		good = at->type == XML_ELEMENT_NODE && xml_patch_insert(operation, at, at->children);
	} else if (xmlStrEqual(pos, BAD_CAST "before")) {
		good = xml_patch_insert(operation, at->parent, at);
	} else if (xmlStrEqual(pos, BAD_CAST "after")) {
		good = at->next ? xml_patch_insert(operation, at->parent, at->next)
				: xml_patch_insert(operation, at->parent, NULL);
	}
	xmlFree(type);
	xmlFree(pos);
	return good;
}

static inline bool xml_patch_replace(xmlNodePtr operation, xmlNodePtr at)
{
	xmlChar *value = xmlNodeGetContent(operation);
	bool good = true;
	if (at->type == XML_ATTRIBUTE_NODE) {
		good = xmlSetNsProp(at->parent, at->ns, at->name, value) != NULL;
	} else if (at->type == XML_TEXT_NODE) {
		xmlNodeSetContent(at, value);
	} else {
		/* §4.4: one element, and nothing beside it */
		good = operation->children && !operation->children->next &&
		       operation->children->type == XML_ELEMENT_NODE && xml_patch_insert(operation, at->parent, at);
		xmlUnlinkNode(at);
		xmlFreeNode(at);
	}
	xmlFree(value);
	return good;
}

static inline bool xml_patch_remove(xmlNodePtr at)
{
	if (at->type == XML_ATTRIBUTE_NODE)
		return xmlRemoveProp((xmlAttrPtr)at) == 0;
	xmlUnlinkNode(at);
	xmlFreeNode(at);
	return true;
}

static inline bool xml_patch_one(xmlDocPtr document, xmlNodePtr operation)
{
	xmlNodePtr at = xml_patch_find(document, operation);
	if (!at)
		return false;
	if (xmlStrEqual(operation->name, BAD_CAST "add"))
		return xml_patch_add(operation, at);
	if (xmlStrEqual(operation->name, BAD_CAST "replace"))
		return xml_patch_replace(operation, at);
	return xmlStrEqual(operation->name, BAD_CAST "remove") && xml_patch_remove(at);
}

/* False: an operation cannot be applied. */
static inline bool xml_patch_apply(xmlDocPtr document, xmlDocPtr diff)
{
	xmlNodePtr root = xmlDocGetRootElement(diff);
	for (xmlNodePtr operation = root->children; operation; operation = operation->next) {
		if (operation->type == XML_ELEMENT_NODE && !xml_patch_one(document, operation))
			return false;
	}
	return true;
}

/* --- are two documents the same? ------------------------------------------------------------------------------ */

static inline const xmlChar *xml_patch_space(xmlNsPtr space)
{
	return space ? space->href : BAD_CAST "";
}

static inline bool xml_patch_has_attributes(xmlNodePtr a, xmlNodePtr b)
{
	for (xmlAttrPtr attribute = a->properties; attribute; attribute = attribute->next) {
		xmlAttrPtr other = xmlHasNsProp(b, attribute->name, attribute->ns ? attribute->ns->href : NULL);
		xmlChar *value = xmlNodeGetContent((xmlNodePtr)attribute);
		xmlChar *wanted = other ? xmlNodeGetContent((xmlNodePtr)other) : NULL;
		bool good = wanted && xmlStrEqual(value, wanted);
		xmlFree(value);
		xmlFree(wanted);
		if (!good)
			return false;
	}
	return true;
}

/* Names by their namespaces, attributes in any order, texts to the byte (also blank ones). */
static inline bool xml_patch_same(xmlNodePtr a, xmlNodePtr b)
{
	if (a->type != b->type)
		return false;
	if (a->type != XML_ELEMENT_NODE)
		return xmlStrEqual(a->content, b->content);
	if (!xmlStrEqual(a->name, b->name) || !xmlStrEqual(xml_patch_space(a->ns), xml_patch_space(b->ns)) ||
	    !xml_patch_has_attributes(a, b) || !xml_patch_has_attributes(b, a))
		return false;
	xmlNodePtr x = a->children, y = b->children;
	while (x && y && xml_patch_same(x, y)) {
		x = x->next;
		y = y->next;
	}
	return !x && !y;
}

/* The diff makes the one document into the other. */
static inline bool xml_patch_makes(struct slice before, struct slice diff, struct slice after)
{
	xmlDocPtr document = xml_patch_read(before), operations = xml_patch_read(diff), wanted = xml_patch_read(after);
	bool good = document && operations && wanted && xml_patch_apply(document, operations) &&
		    xml_patch_same(xmlDocGetRootElement(document), xmlDocGetRootElement(wanted));
	xmlFreeDoc(document);
	xmlFreeDoc(operations);
	xmlFreeDoc(wanted);
	return good;
}

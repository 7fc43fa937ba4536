/* SPDX-License-Identifier: MIT */
/**
 * @file netlayers/export.h
 * @brief Marks what the shared library shows; everything else in it is hidden.
 */
#ifndef NETLAYERS_EXPORT_H
#define NETLAYERS_EXPORT_H

#if defined(__GNUC__)
#define NETL_API __attribute__((visibility("default")))
#else
#define NETL_API
#endif

#endif

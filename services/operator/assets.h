/* services/operator/assets.h
 *
 * The files of assets/, as they are, in the program: CMake makes bytes of them (assets.cmake).
 */
#ifndef OPERATOR_ASSETS_H
#define OPERATOR_ASSETS_H

#include "base/slice.h"

extern const struct slice asset_page_html;
extern const struct slice asset_console_css;
extern const struct slice asset_console_js;

#endif

/**
 * One triangle over everything. `place` is the column, counted from the oldest's, and the row;
 * `shown` are columns and rows in sight, `head` is the column at the left.
 */
export const VERTEX = `#version 300 es
uniform vec2 shown;
uniform float head;
out vec2 place;

void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 2.0 : 0.0, gl_VertexID == 2 ? 2.0 : 0.0);
  place = corner * shown + vec2(head, 0.0);
  gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}`;

/** Two look-ups a pixel and no arithmetic to speak of: a processor may have to do it. */
export const FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
uniform highp sampler2D cells;
uniform highp sampler2D palette;
uniform int columns;
in vec2 place;
out vec4 colour;

void main() {
  ivec2 cell = ivec2(place);
  cell.x -= cell.x >= columns ? columns : 0;
  int heat = int(texelFetch(cells, cell, 0).r * 255.0 + 0.5);
  colour = texelFetch(palette, ivec2(heat, 0), 0);
}`;

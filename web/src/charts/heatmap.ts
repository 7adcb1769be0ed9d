/**
 * A heat map on WebGL2: a ring of columns in one texture, of which a new one replaces the oldest.
 * Scrolling and colours are the shader's work; a frame uploads one column at most.
 */
import { FRAGMENT, VERTEX } from "./heatmap-shader.ts";
import { COLD, type Colours, paletteOf } from "./palette.ts";

export class HeatMap {
  readonly columns: number;
  readonly rows: number;
  readonly #gl: WebGL2RenderingContext;
  readonly #head: WebGLUniformLocation | null;
  readonly #inSight: WebGLUniformLocation | null;
  #oldest = 0;
  #shown: number;

  /** @throws Error when the browser has no WebGL2 or the map is larger than its textures. */
  constructor(canvas: HTMLCanvasElement, columns: number, rows: number) {
    const gl = canvas.getContext("webgl2", {
      antialias: false,
      alpha: false,
      depth: false,
      stencil: false,
    });
    if (gl === null) throw new Error("no WebGL 2");
    if (Math.max(columns, rows) > gl.getParameter(gl.MAX_TEXTURE_SIZE)) {
      throw new Error("larger than a texture");
    }
    this.#gl = gl;
    this.columns = columns;
    this.rows = rows;
    this.#shown = columns;
    const program = linked(gl);
    // biome-ignore lint/correctness/useHookAtTopLevel: this is WebGL's useProgram.
    gl.useProgram(program);
    const uniform = (name: string) => gl.getUniformLocation(program, name);
    gl.uniform1i(uniform("columns"), columns);
    gl.uniform1i(uniform("palette"), 1);
    this.#head = uniform("head");
    this.#inSight = uniform("shown");
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    texture(gl, gl.TEXTURE1, gl.RGBA8, 256, 1);
    texture(gl, gl.TEXTURE0, gl.R8, columns, rows);
    this.replace(new Uint8Array(columns * rows).fill(COLD));
  }

  /** Take the newest column: the heat of `rows` cells from the lowest up. */
  push(cells: Uint8Array): void {
    this.#upload(this.#oldest, 1, cells);
    this.#oldest = (this.#oldest + 1) % this.columns;
  }

  /** Replace everything; row after row, oldest column first. */
  replace(cells: Uint8Array): void {
    this.#upload(0, this.columns, cells);
    this.#oldest = 0;
  }

  /** Draw the newest columns alone, from now on. */
  show(columns: number): void {
    this.#shown = Math.min(columns, this.columns);
  }

  paint(colours: Colours): void {
    const gl = this.#gl;
    gl.activeTexture(gl.TEXTURE1);
    const palette = paletteOf(colours);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, 256, 1, gl.RGBA, gl.UNSIGNED_BYTE, palette);
    gl.activeTexture(gl.TEXTURE0);
  }

  draw(): void {
    const gl = this.#gl;
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.uniform2f(this.#inSight, this.#shown, this.rows);
    gl.uniform1f(this.#head, this.#oldest + this.columns - this.#shown);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  #upload(at: number, columns: number, cells: Uint8Array): void {
    const gl = this.#gl;
    const { TEXTURE_2D, RED, UNSIGNED_BYTE } = gl;
    gl.texSubImage2D(TEXTURE_2D, 0, at, 0, columns, this.rows, RED, UNSIGNED_BYTE, cells);
  }
}

function texture(
  gl: WebGL2RenderingContext,
  unit: number,
  format: number,
  width: number,
  height: number,
): void {
  gl.activeTexture(unit);
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) {
    gl.texParameteri(gl.TEXTURE_2D, name, gl.NEAREST);
  }
  gl.texStorage2D(gl.TEXTURE_2D, 1, format, width, height);
}

function linked(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(type);
    if (shader === null) throw new Error("the graphics context is lost");
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
    throw new Error(`shader: ${gl.getProgramInfoLog(program)}`);
  }
  return program;
}

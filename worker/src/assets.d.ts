/** Files that the build puts into the bundle as texts. */
declare module "*.txt" {
  const text: string;
  export default text;
}
declare module "*.json" {
  const text: string;
  export default text;
}
declare module "*.html" {
  const text: string;
  export default text;
}

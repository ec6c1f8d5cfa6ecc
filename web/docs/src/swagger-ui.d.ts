// The package brings no types; these are the options that are used here.
declare module "swagger-ui-dist/swagger-ui-es-bundle.js" {
  interface Options {
    domNode: Element | null;
    url: string;
    deepLinking: boolean;
    defaultModelsExpandDepth: number;
    displayRequestDuration: boolean;
    docExpansion: "list" | "full" | "none";
    persistAuthorization: boolean;
    syntaxHighlight: { activated: boolean; theme: string };
    validatorUrl: string | null;
  }
  export default function SwaggerUI(options: Options): unknown;
}

//! `-o`: how objects are printed.

use serde_json::Value;

use super::custom_columns::CustomColumns;
use super::jsonpath::{JsonPath, go_syntax};
use crate::failure::Failure;
use crate::flags::Flags;
use crate::session::Env;

/// What `-o` says.
#[derive(Clone, Debug)]
pub(crate) enum Output {
    Table { wide: bool },
    Name,
    Yaml,
    Json,
    JsonPath(JsonPath),
    JsonPathAsJson(JsonPath),
    CustomColumns(CustomColumns),
}

const ALLOWED: &str = "custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,\
    jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml";

impl Output {
    /// Reads `-o`, or says what is wrong with it.
    pub(crate) fn parse(env: &Env, flags: &Flags) -> Result<Output, Failure> {
        let given = flags.text("output");
        let (format, argument) = match given.split_once('=') {
            Some((format, argument)) => (format, Some(argument)),
            None => (given, flags.get("template")),
        };
        let template = || match argument {
            None | Some("") => Err(Failure::error("template format specified but no template given")),
            Some(template) => Ok(template),
        };
        let path = |template: &str| {
            JsonPath::parse(template)
                .map_err(|problem| Failure::error(format!("error parsing jsonpath {template}, {problem}")))
        };
        match format {
            "" => Ok(Output::Table { wide: false }),
            "wide" => Ok(Output::Table { wide: true }),
            "name" => Ok(Output::Name),
            "yaml" => Ok(Output::Yaml),
            "json" => Ok(Output::Json),
            "jsonpath" => Ok(Output::JsonPath(path(template()?)?)),
            "jsonpath-as-json" => Ok(Output::JsonPathAsJson(path(template()?)?)),
            "jsonpath-file" => {
                let file = template()?;
                let text = crate::files::read(env, file).ok_or_else(|| {
                    let what = format!("error reading --template {file}");
                    Failure::error(format!("{what}, open {file}: no such file or directory"))
                })?;
                Ok(Output::JsonPath(path(text)?))
            }
            "custom-columns" => Ok(Output::CustomColumns(CustomColumns::parse(argument.unwrap_or(""))?)),
            "custom-columns-file" => {
                let file = argument.unwrap_or("");
                let text = crate::files::read(env, file).ok_or_else(|| {
                    let what = format!("error reading template {file}");
                    Failure::error(format!("{what}, open {file}: no such file or directory"))
                })?;
                Ok(Output::CustomColumns(CustomColumns::parse_file(text)?))
            }
            "go-template" | "template" | "go-template-file" | "templatefile" | "kyaml" => {
                template()?;
                Err(Failure::error(format!("the output format {format:?} is not available in this kubectl")))
            }
            _ => Err(Failure::error(format!(
                "unable to match a printer suitable for the output format {given:?}, allowed formats are: \
                 {ALLOWED}"
            ))),
        }
    }
}

/// One document in a format that prints documents.
pub(crate) fn print_document(output: &Output, object: &Value) -> Result<String, Failure> {
    match output {
        Output::Yaml => Ok(yaml(object)),
        Output::Json => Ok(json(object)),
        Output::JsonPath(path) => path.print(object).map_err(|problem| {
            let template = path.template();
            Failure::error(format!(
                "error executing jsonpath {template:?}: Error executing template: {problem}. Printing more \
                 information for debugging the template:\n\ttemplate was:\n\t\t{template}\n\tobject given to \
                 jsonpath engine was:\n\t\t{}\n\n",
                go_syntax(object)
            ))
        }),
        Output::JsonPathAsJson(path) => {
            let found = path.find(object).map_err(Failure::error)?;
            Ok(json(&Value::Array(found.into_iter().flatten().collect())))
        }
        Output::Table { .. } | Output::Name | Output::CustomColumns(_) => Ok(String::new()),
    }
}

/// The object as YAML.
pub(crate) fn yaml(object: &Value) -> String {
    k8s_api::print::yaml(object)
}

/// JSON with four spaces, as kubectl prints it.
/// Models cli-runtime/pkg/printers/json.go JSONPrinter (v1.36)
pub(crate) fn json(value: &Value) -> String {
    let mut text = k8s_api::print::json_indent(value, 4);
    text.push('\n');
    text
}

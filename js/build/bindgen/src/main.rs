//! `bindgen IN.wasm OUT_DIR` writes OUT_DIR/glue.js, glue.d.ts and glue_bg.wasm.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(wasm), Some(out)) = (arguments.next(), arguments.next()) else {
        return Err("usage: bindgen IN.wasm OUT_DIR".into());
    };
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen.input_path(wasm).out_name("glue").typescript(true);
    // No `import.meta.url` in the glue: which wasm is loaded, and how, is the entries' business.
    bindgen.web(true)?.omit_default_module_path(true);
    // `__wbg_reset_state`: a fresh instance after a trap.
    bindgen.reset_state_function(true);
    bindgen.remove_name_section(true).remove_producers_section(true);
    bindgen.generate(out)?;
    Ok(())
}

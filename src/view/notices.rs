//! Messages to the person, above the stage.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::action::Action;
use crate::engine::Arrival;
use crate::page::{Page, page};

/// The messages, and whether the browser keeps what is typed.
#[component]
pub(super) fn Notices() -> impl IntoView {
    let page = page();
    let notices = page.calm_memo(|session| session.notices.clone());
    let trouble = page.calm_memo(|session| session.storage_trouble.clone());
    let failed = page.memo(|session| session.arrival == Arrival::Failed);
    view! {
        <div class="notices" role="status">
            <For each=move || notices.get() key=|notice| notice.id let:notice>
                <p class="notice">
                    {notice.text.clone()}
                    <button
                        class="close"
                        aria-label="Dismiss"
                        on:click=move |_| page.send(Action::DismissNotice(notice.id))
                    >
                        "×"
                    </button>
                </p>
            </For>
            {move || {
                failed
                    .get()
                    .then(|| {
                        let again = move |_| page.send(Action::Arrival(Arrival::OnItsWay));
                        view! {
                            <p class="notice bad">
                                "The cluster did not arrive: a part of the page could not be fetched. What you typed and did is kept. "
                                <button on:click=again>"Try again"</button>
                            </p>
                        }
                    })
            }}
            {move || {
                trouble
                    .get()
                    .map(|trouble| {
                        view! {
                            <p class="notice bad">
                                {format!("This browser does not keep what you type: {trouble} It is safe until you close the page. ")}
                                <button on:click=move |_| download(page)>"Download the YAML"</button>
                            </p>
                        }
                    })
            }}
        </div>
    }
}

/// Hands the text in the editor to the person as a file.
fn download(page: Page) {
    let text = page.peek(|session| session.draft.text.clone());
    let made = || -> Result<(), wasm_bindgen::JsValue> {
        let blob = web_sys::Blob::new_with_str_sequence(&js_sys::Array::of1(&text.as_str().into()))?;
        let url = web_sys::Url::create_object_url_with_blob(&blob)?;
        let link: web_sys::HtmlAnchorElement = document().create_element("a")?.unchecked_into();
        link.set_href(&url);
        link.set_download("pod.yaml");
        link.click();
        web_sys::Url::revoke_object_url(&url)
    };
    if made().is_err() {
        page.send(Action::Notice(
            "The browser refused the download: copy the YAML out of the editor.".into(),
        ));
    }
}

import { CopyCode } from "#app/_components/copy-code.tsx";
import { isBarcodeText, ScanCode } from "#app/_components/scan-code.tsx";
import { TillView } from "#app/_components/till-view.tsx";
import { getTranslations } from "#app/_i18n/texts.ts";

/** A code as a till takes it: white in the dark too, because a scanner needs the contrast. */
export async function TillCode({
  code,
  name,
  labels,
}: {
  code: string;
  /** What it is good for, or whose it is. */
  name: string;
  labels: { caption: string; qr: string; barcode: string };
}) {
  const t = await getTranslations("till");
  return (
    <TillView name={name} labels={{ open: t("open"), close: t("close"), hint: t("hint") }}>
      <ScanCode
        kind="qrcode"
        text={code}
        label={labels.qr}
        className="w-full max-w-60 in-[dialog]:w-[min(100%,max(11rem,100dvh-25rem))] in-[dialog]:max-w-none"
      />
      {isBarcodeText(code) && (
        <ScanCode
          kind="code128"
          text={code}
          label={labels.barcode}
          className="h-20 w-full max-w-72 in-[dialog]:h-auto in-[dialog]:max-h-32 in-[dialog]:min-w-48 in-[dialog]:max-w-lg in-[dialog]:shrink"
        />
      )}
      <CopyCode
        code={code}
        caption={labels.caption}
        labels={{ copy: t("copy"), copied: t("copied"), failed: t("copyFailed") }}
      />
    </TillView>
  );
}

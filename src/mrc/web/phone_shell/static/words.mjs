// The few words of the shell itself, before the wallet is awake. Korean and English stand together
// for languages that are not here.

const WORDS = {
  en: {
    pin: "Enter your PIN", digits: "# of 6 digits", clear: "Clear", back: "Delete the last digit", moment: "One moment…",
    starting: "Starting…", loading: "Loading…", unpacking: "Unpacking…", almost: "Almost ready…",
    first: "Your cards stay on this phone. The first start takes a little longer.",
    slow: "The connection is slow. The app is 7 MB and is loaded once.",
    again: "Try again",
    failed: "Mobile ID could not start.", failedHow: "Nothing was lost. Check the connection and try again.",
    tab: "Mobile ID is open in another tab.", tabHow: "Go back to that tab, or close it and try again.",
    passed: "Go to the tab where Mobile ID is open. The request waits there.",
    unsafe: "This address is not safe.", unsafeHow: "Mobile ID needs an address that begins with https.",
    old: "This browser is too old for Mobile ID.", oldHow: "Update the browser or the phone, or use another browser. Do not use private browsing.",
  },
  ko: {
    pin: "PIN을 입력하세요", digits: "6자리 중 #자리", clear: "모두 지우기", back: "마지막 숫자 지우기", moment: "잠시만 기다려 주세요…",
    starting: "시작하는 중…", loading: "불러오는 중…", unpacking: "준비하는 중…", almost: "거의 다 됐습니다…",
    first: "카드는 이 휴대전화에만 있습니다. 처음에는 조금 더 걸립니다.",
    slow: "연결이 느립니다. 앱은 7MB이며 한 번만 내려받습니다.",
    again: "다시 시도",
    failed: "모바일 신분증을 시작하지 못했습니다.", failedHow: "잃어버린 것은 없습니다. 연결을 확인하고 다시 시도하세요.",
    tab: "다른 탭에서 모바일 신분증이 열려 있습니다.", tabHow: "그 탭으로 돌아가거나, 그 탭을 닫고 다시 시도하세요.",
    passed: "모바일 신분증이 열린 탭으로 가세요. 요청이 거기에서 기다립니다.",
    unsafe: "이 주소는 안전하지 않습니다.", unsafeHow: "https로 시작하는 주소가 필요합니다.",
    old: "이 브라우저는 너무 오래되었습니다.", oldHow: "브라우저나 휴대전화를 업데이트하거나 다른 브라우저를 쓰세요. 비공개 모드는 쓸 수 없습니다.",
  },
  zh: {
    pin: "请输入 PIN 码", digits: "6 位中的 # 位", clear: "清除", back: "删除最后一位", moment: "请稍候…",
    starting: "正在启动…", loading: "正在加载…", unpacking: "正在准备…", almost: "马上就好…",
    first: "您的证件只保存在这部手机上。首次启动需要稍长时间。",
    slow: "连接较慢。应用大小为 7 MB，只需加载一次。",
    again: "重试",
    failed: "移动身份证无法启动。", failedHow: "没有丢失任何内容。请检查网络后重试。",
    tab: "移动身份证已在另一个标签页中打开。", tabHow: "请返回那个标签页，或将其关闭后重试。",
    passed: "请前往已打开移动身份证的标签页，请求在那里等待。",
    unsafe: "此地址不安全。", unsafeHow: "需要以 https 开头的地址。",
    old: "此浏览器版本过旧。", oldHow: "请更新浏览器或手机，或使用其他浏览器。请勿使用无痕模式。",
  },
  vi: {
    pin: "Nhập mã PIN", digits: "# trên 6 chữ số", clear: "Xóa hết", back: "Xóa chữ số cuối", moment: "Đợi một chút…",
    starting: "Đang khởi động…", loading: "Đang tải…", unpacking: "Đang chuẩn bị…", almost: "Sắp xong…",
    first: "Thẻ của bạn chỉ nằm trên điện thoại này. Lần đầu mất thời gian hơn một chút.",
    slow: "Kết nối chậm. Ứng dụng nặng 7 MB và chỉ tải một lần.",
    again: "Thử lại",
    failed: "Không khởi động được Mobile ID.", failedHow: "Không mất gì cả. Hãy kiểm tra kết nối rồi thử lại.",
    tab: "Mobile ID đang mở ở thẻ trình duyệt khác.", tabHow: "Hãy quay lại thẻ đó, hoặc đóng nó rồi thử lại.",
    passed: "Hãy đến thẻ trình duyệt đang mở Mobile ID. Yêu cầu đang chờ ở đó.",
    unsafe: "Địa chỉ này không an toàn.", unsafeHow: "Cần địa chỉ bắt đầu bằng https.",
    old: "Trình duyệt này quá cũ.", oldHow: "Hãy cập nhật trình duyệt hoặc điện thoại, hoặc dùng trình duyệt khác. Không dùng chế độ riêng tư.",
  },
};

// The language of the wallet's last page, else the browser's.
function chosen() {
  try { return [localStorage.getItem("mrc-language") ?? "", ...navigator.languages]; } catch { return navigator.languages; }
}
const known = chosen().map((tag) => tag.split("-")[0]).find((tag) => tag in WORDS) ?? "ko";
document.documentElement.lang = known === "zh" ? "zh-Hans" : known;
export const say = (key) => WORDS[known][key];

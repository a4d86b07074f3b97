using System.Text;

namespace DaprShop.Tests.EndToEnd.BadInput;

/// <summary>Bodies that no route takes.</summary>
internal static class Bodies
{
    public const int Limit = 64 * 1024;

    /// <summary>What is wrong with it, the body, and the member a problem names; every route with a JSON body refuses them alike.</summary>
    public static TheoryData<string, string, string> NoRouteTakes => new()
    {
        { "nothing", "", "$" },
        { "null", "null", "$" },
        { "no object", "[]", "$" },
        { "a text", "\"x\"", "$" },
        { "no JSON", "quantity=1", "$" },
        { "cut off", "{", "$" },
        { "a comment", "{/* one */}", "$" },
        { "an unknown member", """{"nonsense":1}""", "nonsense" },
        { "a member in another case", """{"NONSENSE":{"a":[1]}}""", "NONSENSE" },
    };

    public static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    /// <param name="contentType">Sent as it is, however wrong; empty: not sent.</param>
    public static ByteArrayContent Typed(string text, string contentType)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(text));
        if (contentType.Length > 0)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        return content;
    }

    /// <summary>A whole, well-formed body of this many bytes.</summary>
    public static StringContent OfSize(int bytes) => Json("{\"a\":\"" + new string('x', bytes - 8) + "\"}");

    /// <summary>Sent in chunks: the server hears of its size only by reading. It begins with white space, which is no reason yet to refuse it for anything else.</summary>
    public static HttpContent Chunked(int bytes) => new ChunkedContent(Encoding.UTF8.GetBytes(new string(' ', bytes - 7) + "{\"a\":1}"));

    public static string Nested(int depth) => new string('[', depth) + new string(']', depth);

    private sealed class ChunkedContent : ByteArrayContent
    {
        public ChunkedContent(byte[] content)
            : base(content) => Headers.ContentType = new("application/json");

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}

using System.Globalization;
using System.Net.Http.Headers;
using System.Text;

namespace DaprShop.Tests.Wire;

/// <summary>An answer written down the way tests compare it: status, the headers that matter, the body's text.</summary>
internal static class WireText
{
    public static async Task<string> SendTextAsync(this HttpClient http, string method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return text.Length == 0
            ? ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture)
            : $"{(int)response.StatusCode} {text}";
    }
}

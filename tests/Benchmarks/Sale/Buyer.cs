using DaprShop.Benchmarks.Load;

namespace DaprShop.Benchmarks.Sale;

/// <summary>
/// One buyer's order until its answer is known. After a 503 nobody knows whether it stands: the API asks for the same order again, and
/// without that its unit would count as gone with no order.
/// </summary>
internal static class Buyer
{
    private const int RepeatsAtMost = 100;

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(20);

    /// <param name="refused">Told of every answer but 202, those included that are followed by a repeat.</param>
    /// <returns>The last answer, as <see cref="HttpConnection.AskAsync"/>.</returns>
    public static async Task<(int Status, ReadOnlyMemory<byte> Body)> OrderAsync(
        HttpConnection connection, byte[] request, Action<int, ReadOnlyMemory<byte>> refused)
    {
        for (var repeats = 0; ; repeats++)
        {
            var answer = await connection.AskAsync(request);
            if (answer.Status != 202)
            {
                refused(answer.Status, answer.Body);
            }

            if (answer.Status != 503 || repeats == RepeatsAtMost)
            {
                return answer;
            }

            await Task.Delay(Moment, TimeProvider.System);
        }
    }
}

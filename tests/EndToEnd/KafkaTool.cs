using System.Diagnostics;
using System.Globalization;
using DaprShop.TestKit.Servers;

namespace DaprShop.Tests.EndToEnd;

/// <summary>Kafka's own command line tools, out of the jars that the broker runs from.</summary>
internal static class KafkaTool
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    public static Task ProduceAsync(KafkaServer kafka, string topic, IEnumerable<string> records) =>
        RunAsync(kafka, string.Join('\n', records), "kafka.tools.ConsoleProducer", "--broker-list", Address(kafka), "--topic", topic, "--request-required-acks", "-1");

    public static async Task<IReadOnlyList<string>> ConsumeAsync(KafkaServer kafka, string topic, int count) =>
        (await RunAsync(
            kafka, "", "kafka.tools.ConsoleConsumer", "--new-consumer", "--bootstrap-server", Address(kafka), "--topic", topic,
            "--from-beginning", "--max-messages", count.ToString(CultureInfo.InvariantCulture)))
        .Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string Address(KafkaServer kafka) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{kafka.Port}");

    private static async Task<string> RunAsync(KafkaServer kafka, string input, params string[] command)
    {
        var broker = File.ReadAllText($"/proc/{kafka.Pid}/cmdline").Split('\0');
        var start = new ProcessStartInfo(broker[0], ["-cp", broker[Array.IndexOf(broker, "-cp") + 1], .. command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var deadline = new CancellationTokenSource(Deadline);
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
        var errors = process.StandardError.ReadToEndAsync(deadline.Token);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new TimeoutException($"{command[0]} did not end within {Deadline.TotalSeconds:0} s");
        }

        return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"{command[0]}: {await output}{await errors}");
    }
}

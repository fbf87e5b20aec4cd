#lang racket/base
;; Terms as text, written by hand into one byte buffer.

(require racket/fixnum (only-in racket/unsafe/ops unsafe-bytes-copy!)
         "../kanren/core/term.rkt" "naming.rkt")
(provide make-writer writer-naming writer-result too-large?
         write-text! write-known! write-call! put! put-atom! put-variable! put-number!)

;; A Writer is a byte buffer that grows, the Naming of its variables, how many more pairs may be
;; written (a term whose parts are shared can be endless as a tree, and `too-large?` then says so),
;; and the Passage that can be copied, or #f. What writes takes the position to write at and returns
;; the position behind what it wrote.
(struct writer ([bytes #:mutable] naming [fuel #:mutable] [known #:mutable]) #:authentic)

;; A Passage is a pair that was written, from where to where, and how many parts it took: where it
;; stands again its text is copied, since all of its variables have names by then.
(struct passage (term from to parts) #:authentic)

(define most-parts 20000)

(define (make-writer store) (writer (take-buffer) (make-naming store) most-parts #f))

;; The text up to `end`; the writer is used no more.
(define (writer-result out end)
  (begin0 (subbytes (writer-bytes out) 0 end)
          (release-naming! (writer-naming out))
          (set-box! spare-buffer (writer-bytes out))))

;; A buffer is used again: making one costs as much as writing a hundred bytes.
(define spare-buffer (box (make-bytes 4096)))
(define (take-buffer)
  (define buffer (unbox spare-buffer))
  (if (and buffer (box-cas! spare-buffer buffer #f))
      buffer
      (make-bytes 4096)))

(define (too-large? out) (fx<= (writer-fuel out) 0))

;; The buffer, with room for n more bytes at `at`.
(define-syntax-rule (reserve! out at n)
  (let ([buffer (writer-bytes out)])
    (if (fx<= (fx+ at n) (bytes-length buffer))
        buffer
        (grow! out at n))))

(define (grow! out at n)
  (define larger (make-bytes (fx* 2 (fx+ at n))))
  (bytes-copy! larger 0 (writer-bytes out) 0 at)
  (set-writer-bytes! out larger)
  larger)

;; Writes bs from its byte `from` on.
(define (put! out at bs [from 0])
  (define n (bytes-length bs))
  (define buffer (reserve! out at n))
  ;; half the cost of bytes-copy!; both ranges are within: see reserve!
  (unsafe-bytes-copy! buffer at bs from n)
  (fx+ at (fx- n from)))

(define (put-byte! out at b)
  (bytes-set! (reserve! out at 1) at b)
  (fx+ at 1))

(define open-parenthesis 40)
(define close-parenthesis 41)
(define space 32)

(define (write-text! out at t)
  (write-walked! out at (look (writer-naming out) t) 1))

;; As write-text!, of a term that is likely to stand in the text again.
(define (write-known! out at t)
  (define term (look (writer-naming out) t))
  (define fuel (writer-fuel out))
  (define end (write-walked! out at term 1))
  (when (pair? term)
    (set-writer-known! out (passage term at end (fx- fuel (writer-fuel out)))))
  end)

(define (copy! out at p)
  (define n (fx- (passage-to p) (passage-from p)))
  (define buffer (reserve! out at n))
  (set-writer-fuel! out (fx- (writer-fuel out) (passage-parts p)))
  (bytes-copy! buffer at buffer (passage-from p) (passage-to p))
  (fx+ at n))

;; `from` is 0 where a space goes before the term, else 1: what is kept of atoms starts with a space.
(define (write-walked! out at t from)
  (cond
    [(pair? t)
     (define p (writer-known out))
     (cond
       [(and p (eq? t (passage-term p)))
        (copy! out (if (eq? from 0) (put-byte! out at space) at) p)]
       [else
        (let* ([at (if (eq? from 0) (put! out at #" (") (put-byte! out at open-parenthesis))]
               [at (write-elements! out at t 1)])
          (put-byte! out at close-parenthesis))])]
    [(var? t) (put-variable! out at t from)]
    [(vector? t)
     (write-walked! out (put! out at #" #" from) (vector->list t) 1)]
    [else (put-atom! out at t from)]))

;; The elements of a list, and its tail where it is not ().
(define (write-elements! out at t from)
  (define fuel (writer-fuel out))
  (cond
    [(fx<= fuel 0) at]
    [else
     (set-writer-fuel! out (fx- fuel 1))
     (let ([at (write-walked! out at (look (writer-naming out) (car t)) from)]
           [rest (look (writer-naming out) (cdr t))])
       (cond [(pair? rest) (write-elements! out at rest 0)]
             [(null? rest) at]
             [else (write-walked! out (put! out at #" .") rest 0)]))]))

;; (NAME ARG …)
(define (write-call! out at name args)
  (let* ([at (put-byte! out at open-parenthesis)]
         [at (put-atom! out at name 1)])
    (let loop ([at at] [args args])
      (if (null? args)
          (put-byte! out at close-parenthesis)
          (loop (write-walked! out at (look (writer-naming out) (car args)) 0) (cdr args))))))

(define (put-variable! out at v from)
  (define n (name-of! (writer-naming out) v))
  (if (fx< n (vector-length variable-texts))
      (put! out at (vector-ref variable-texts n) from)
      (put-number! out (put! out at #" _." from) n 1)))

(define (put-number! out at n from)
  (put! out at
        (if (and (fixnum? n) (fx<= 0 n) (fx< n (vector-length number-texts)))
            (vector-ref number-texts n)
            (number->text n))
        from))

(define (number->text n) (string->bytes/latin-1 (string-append " " (number->string n))))
(define number-texts (build-vector 1000 number->text))
(define variable-texts
  (build-vector 200 (λ (n) (string->bytes/latin-1 (string-append " _." (number->string n))))))

(define (put-atom! out at t from)
  (cond
    [(symbol? t) (put! out at (or (hash-ref symbol-texts t #f) (symbol->text t)) from)]
    [(null? t) (put! out at #" ()" from)]
    [(boolean? t) (put! out at (if t #" #t" #" #f") from)]
    [(exact-integer? t) (put-number! out at t from)]
    [else (put! out at (bytes-append #" " (written t)) from)]))

(define symbol-texts (make-weak-hasheq))
(define (symbol->text s)
  (define text (bytes-append #" " (written s)))
  (hash-set! symbol-texts s text)
  text)

;; As `write` has it; a newline inside a symbol is the only way to a raw newline.
(define (written t)
  (define out (open-output-bytes))
  (write t out)
  (define text (get-output-bytes out))
  (when (for/or ([b (in-bytes text)]) (eqv? b 10))
    (raise-arguments-error 'print-choice "a symbol with a newline in its name cannot be printed"
                           "symbol" t))
  text)
